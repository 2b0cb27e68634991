import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Infra } from '@fieldguide/infra';
import { shopKinds } from './kinds.js';
import { services } from './services.js';

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

  it('keeps every service on loopback, whatever the shell says', () => {
    process.env['HOST'] = '0.0.0.0';
    const databases = { orders: 'postgres://o', billing: 'postgres://b', notifications: 'postgres://n' };
    const infra = { env: { KAFKA_BROKERS: 'broker:9092' } } as unknown as Infra;
    const rest = { chargingPort: 3_900, env: {}, watch: false, onOutput: () => undefined };
    const kinds = shopKinds({ infra, home, databases, ...rest });

    const hosts = services.map(({ name }) => {
      const plan = kinds.find(({ service }) => service === name)?.plan(`${name}-1`, 1);
      plan?.log.close();
      return plan?.env(3_000)['HOST'];
    });

    expect(hosts).toEqual(['127.0.0.1', '127.0.0.1', '127.0.0.1']);
  });
});
