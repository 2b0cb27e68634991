import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { readConfig } from '@fieldguide/service-kit';
import { Config } from './config.js';

const EXAMPLE = readFileSync(resolve(import.meta.dirname, '../../../.env.example'), 'utf8');

describe("orders' environment", () => {
  it('is complete in .env.example', () => {
    const config = readConfig(Config, parseEnv(EXAMPLE.replace(/^#(?=[A-Z])/gm, '')));

    expect(config.replicaName).toBe('orders-1');
    expect(config.port).toBe(3_000);
  });

  it('that is wrong is refused with every wrong variable at once, without values', () => {
    const read = () =>
      readConfig(Config, { ORDERS_PORT: 'http', ORDERS_DATABASE_URL: 'mysql://shop:secret@db/orders' });

    expect(read).toThrow(/KAFKA_BROKERS is missing.*ORDERS_PORT is wrong.*ORDERS_DATABASE_URL is wrong/s);
    expect(read).not.toThrow(/secret/);
  });
});
