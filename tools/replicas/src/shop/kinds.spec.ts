import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Infra } from '@fieldguide/infra';
import { shopKinds } from './kinds.js';
import { services } from './services.js';

const databases = {
  orders: 'postgres://o',
  billing: 'postgres://b',
  notifications: 'postgres://n',
  analytics: 'postgres://a',
};
const infra = {
  env: { KAFKA_BROKERS: 'broker:9092', KAFKA_SASL_USERNAME: 'infra' },
  userEnv: (service: string) => ({ KAFKA_SASL_USERNAME: service }),
} as unknown as Infra;

describe('the environment of a replica', () => {
  const usual = process.env['HOST'];
  let home: string;
  beforeEach(() => {
    home = mkdtempSync(path.join(tmpdir(), 'kinds-'));
  });
  afterEach(() => {
    rmSync(home, { recursive: true });
    if (usual === undefined) delete process.env['HOST'];
    else process.env['HOST'] = usual;
  });

  const environmentOf = (service: string): NodeJS.ProcessEnv => {
    const rest = { chargingPort: 3_900, env: { NODE_OPTIONS: '' }, watch: false, onOutput: () => undefined };
    const kinds = shopKinds({ infra, home, databases, ...rest });
    const plan = kinds.find((kind) => kind.service === service)?.plan(`${service}-1`, 1);
    plan?.log.close();
    return plan?.env(3_000) ?? {};
  };

  it('has what somebody wants a service to load first, and others do not', () => {
    mkdirSync(path.join(home, 'preload'));
    writeFileSync(path.join(home, 'preload', 'billing.mjs'), '');

    expect(environmentOf('billing')['NODE_OPTIONS']).toMatch(/^--import file:.*\/preload\/billing\.mjs$/);
    expect(environmentOf('orders')['NODE_OPTIONS']).toBe('');
  });

  it('makes every service its own user on a secured broker, never the one who may do everything', () => {
    const users = services.map(({ name }) => environmentOf(name)['KAFKA_SASL_USERNAME']);

    expect(users).toEqual(services.map(({ name }) => name));
  });

  it('keeps every service on loopback, whatever the shell says', () => {
    process.env['HOST'] = '0.0.0.0';

    const hosts = services.map(({ name }) => environmentOf(name)['HOST']);

    expect(hosts).toEqual(services.map(() => '127.0.0.1'));
  });
});
