import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { readConfig } from '@fieldguide/service-kit';
import { Config } from './config.js';

const EXAMPLE = readFileSync(resolve(import.meta.dirname, '../../../.env.example'), 'utf8');

describe('the environment of analytics', () => {
  it('is complete in .env.example', () => {
    const config = readConfig(Config, parseEnv(EXAMPLE.replace(/^#(?=[A-Z])/gm, '')));

    expect(config.replicaName).toBe('analytics-1');
    expect(config.port).toBe(3_003);
  });

  it('names each wrong variable, and no value', () => {
    const read = () =>
      readConfig(Config, {
        KAFKA_BROKERS: '127.0.0.1:9092',
        ANALYTICS_DATABASE_URL: 'mysql://shop:secret@127.0.0.1/analytics',
        ANALYTICS_PORT: '70000',
      });

    expect(read).toThrow(/ANALYTICS_PORT is wrong.*\n.*ANALYTICS_DATABASE_URL is wrong/);
    expect(read).not.toThrow(/secret/);
  });
});
