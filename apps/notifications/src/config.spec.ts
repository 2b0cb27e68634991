import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { ConfigError, readConfig } from '@fieldguide/service-kit';
import { Config } from './config.js';

const EXAMPLE = readFileSync(resolve(import.meta.dirname, '../../../.env.example'), 'utf8');

describe('the environment of notifications', () => {
  it('is complete in .env.example', () => {
    const config = readConfig(Config, parseEnv(EXAMPLE.replace(/^#(?=[A-Z])/gm, '')));

    expect(config.replicaName).toBe('notifications-1');
    expect(config.port).toBe(3_002);
    expect(config).toMatchObject({ operatorEmail: 'operator@fieldguide.example', operatorMailIntervalMs: 60_000 });
  });

  it('names each wrong variable, and no value', () => {
    const read = () =>
      readConfig(Config, {
        KAFKA_BROKERS: '127.0.0.1:9092',
        NOTIFICATIONS_DATABASE_URL: 'mysql://shop:secret@127.0.0.1/notifications',
        NOTIFICATIONS_PORT: '70000',
        SMTP_URL: 'http://mail.example',
        OPERATOR_EMAIL: 'the operator',
        OPERATOR_MAIL_INTERVAL_MS: '1m',
      });

    expect(read).toThrow(ConfigError);
    expect(read).toThrow(/NOTIFICATIONS_PORT is wrong.*\n.*NOTIFICATIONS_DATABASE_URL is wrong.*\n.*SMTP_URL is wrong/);
    expect(read).toThrow(/OPERATOR_EMAIL is wrong.*\n.*OPERATOR_MAIL_INTERVAL_MS is wrong: expected milliseconds/);
    expect(read).not.toThrow(/secret/);
  });
});
