import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import kafkajs from 'kafkajs';
import { changeJson, readJson } from './machine/json-file.js';
import { run } from './machine/programs.js';
import { type OwnBroker, startOwnBroker } from './own-broker.js';
import type { Credentials } from './system.js';

describe('a broker that asks who one is, and what one may do', () => {
  // A home of its own: another spec counts the brokers of the one that all share.
  const usual = process.env['FIELDGUIDE_HOME'];
  const own = mkdtempSync(path.join(tmpdir(), 'secured-broker-'));
  let broker: OwnBroker;
  let folder: string;
  let commands: () => string;

  beforeAll(async () => {
    process.env['FIELDGUIDE_HOME'] = own;
    const seen: string[] = [];
    const watching = setInterval(() => void allCommands().then((output) => seen.push(output)), 200);
    broker = await startOwnBroker({ secured: { users: ['orders', 'billing'] } });
    clearInterval(watching);
    commands = () => seen.join('\n');
    folder = path.join(own, 'brokers', readdirSync(path.join(own, 'brokers'))[0] ?? '');
  });

  afterAll(async () => {
    // Not there where its start failed.
    await (broker as OwnBroker | undefined)?.remove();
    if (usual === undefined) delete process.env['FIELDGUIDE_HOME'];
    else process.env['FIELDGUIDE_HOME'] = usual;
    rmSync(own, { recursive: true, force: true });
  }, 60_000);

  const topicsAs = async (username?: string, password?: string): Promise<string[]> => {
    const sasl = { mechanism: 'scram-sha-256', username: username ?? '', password: password ?? '' } as const;
    const client = new kafkajs.Kafka({
      brokers: [broker.kafka],
      ...(username && { sasl }),
      logLevel: kafkajs.logLevel.NOTHING,
      retry: { retries: 0 },
    });
    const admin = client.admin();
    try {
      await admin.connect();
      return await admin.listTopics();
    } finally {
      await admin.disconnect();
    }
  };
  const passwordOf = (user: string): string => broker.userEnv(user)['KAFKA_SASL_PASSWORD'] ?? '';
  const credentials = (): string => path.join(folder, 'credentials.json');

  it('hears those who have a name and its password, and nobody else', async () => {
    await expect(topicsAs('orders', passwordOf('orders'))).resolves.toEqual([]);
    await expect(topicsAs('orders', passwordOf('billing'))).rejects.toThrow(/authentication/i);
    await expect(topicsAs('stranger', 'secret')).rejects.toThrow(/authentication/i);
    await expect(topicsAs()).rejects.toThrow(/Closed connection/);
  });

  it('lets its own user do everything, and a service nothing that it was not granted', async () => {
    const admin = new kafkajs.Kafka({
      brokers: [broker.kafka],
      sasl: { mechanism: 'scram-sha-256', username: 'infra', password: broker.env['KAFKA_SASL_PASSWORD'] ?? '' },
    }).admin();
    await admin.connect();
    await admin.createTopics({ topics: [{ topic: 'orders.kept' }] });
    await admin.disconnect();
    await broker.produce({ topic: 'orders.kept', compression: 'none', lines: ['one'] });

    expect(await topicsAs('orders', passwordOf('orders'))).toEqual([]);
  });

  it('shows its passwords to no other user of the machine: neither in files, nor on command lines', () => {
    const users = readJson<Credentials>(credentials())?.kafkaUsers ?? {};
    const secrets = ['credentials.json', 'kafka/server.properties', 'kafka/infra.properties'];

    expect(Object.keys(users)).toEqual(['infra', 'orders', 'billing']);
    expect(secrets.map((file) => (statSync(path.join(folder, file)).mode & 0o777).toString(8))).toEqual(
      secrets.map(() => '600'),
    );
    expect(commands()).toContain('kafka/format.args');
    expect(Object.values(users).filter((password) => commands().includes(password))).toEqual([]);
  });

  it('makes the user of a service that was added, keeps the others, and serves them all again', async () => {
    const before = readJson<Credentials>(credentials())?.kafkaUsers ?? {};
    await broker.stop();
    changeJson<Credentials>(
      credentials(),
      (all) => {
        const { billing: _, ...kafkaUsers } = all?.kafkaUsers ?? {};
        return { databases: {}, ...all, kafkaUsers };
      },
      0o600,
    );

    await broker.start();

    const after = readJson<Credentials>(credentials())?.kafkaUsers ?? {};
    expect(after).toEqual({ ...before, billing: expect.any(String) });
    await expect(topicsAs('billing', after['billing'])).resolves.toEqual([]);
    await expect(topicsAs('billing', before['billing'])).rejects.toThrow(/authentication/i);
    await expect(topicsAs('orders', before['orders'])).resolves.toEqual([]);
  });
});

const allCommands = async (): Promise<string> => (await run('ps', ['-A', '-ww', '-o', 'args='], 10_000)).output;
