import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { readConfig } from '@fieldguide/service-kit';
import { Config } from './config.js';

const EXAMPLE = readFileSync(resolve(import.meta.dirname, '../../../.env.example'), 'utf8');

describe("billing's environment", () => {
  it('is complete in .env.example', () => {
    const config = readConfig(Config, parseEnv(EXAMPLE.replace(/^#(?=[A-Z])/gm, '')));

    expect(config.replicaName).toBe('billing-1');
    expect(config.port).toBe(3_001);
  });

  it('that is wrong is refused with every wrong variable at once, without values', () => {
    const read = () =>
      readConfig(Config, {
        KAFKA_BROKERS: '127.0.0.1:9092',
        BILLING_PORT: '70000',
        BILLING_DATABASE_URL: 'mysql://shop:secret@db/billing',
      });

    expect(read).toThrow(
      /BILLING_PORT is wrong.*BILLING_DATABASE_URL is wrong.*BILLING_PAYMENT_PROVIDER_URL is missing/s,
    );
    expect(read).not.toThrow(/secret/);
  });
});
