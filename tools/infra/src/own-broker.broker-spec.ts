import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { Kafka, logLevel } from 'kafkajs';
import { home } from './home.js';
import { answers } from './machine/ports.js';
import { run } from './machine/programs.js';
import { type OwnBroker, startOwnBroker } from './own-broker.js';

describe('a broker that a test started for itself', () => {
  const usual = process.env['FIELDGUIDE_HOME'];
  let broker: OwnBroker;

  beforeAll(async () => {
    // Specs of other projects have brokers of their own at the same time.
    process.env['FIELDGUIDE_HOME'] = path.join(home(), 'own-brokers');
    broker = await startOwnBroker({ properties: { 'message.max.bytes': '1234567' } });
  });

  afterAll(async () => {
    await broker.remove();
    if (usual === undefined) delete process.env['FIELDGUIDE_HOME'];
    else process.env['FIELDGUIDE_HOME'] = usual;
  });

  const client = (): Kafka =>
    new Kafka({
      brokers: [broker.kafka],
      logLevel: logLevel.NOTHING,
      connectionTimeout: 1_000,
      requestTimeout: 1_000,
      retry: { retries: 0 },
    });

  const topics = async (): Promise<string[]> => {
    const admin = client().admin();
    try {
      await admin.connect();
      return await admin.listTopics();
    } finally {
      await admin.disconnect();
    }
  };

  const isUp = (): Promise<boolean> => answers('127.0.0.1', Number(broker.kafka.split(':')[1]));

  it('is another than the one of all specs, and has the settings that were asked for', async () => {
    const admin = client().admin();
    await admin.connect();
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: 4, name: '1', configNames: ['message.max.bytes'] }],
    });
    await admin.disconnect();

    expect(broker.kafka).not.toBe(process.env['KAFKA_BROKERS']);
    expect(resources[0]?.configEntries[0]?.configValue).toBe('1234567');
  });

  it('comes back after it was killed, at its address and with its data', async () => {
    const admin = client().admin();
    await admin.connect();
    await admin.createTopics({ topics: [{ topic: 'kept' }] });
    await admin.disconnect();
    const address = broker.kafka;

    await broker.kill();
    const wasUp = await isUp();
    await broker.start();

    expect(wasUp).toBe(false);
    expect(broker.kafka).toBe(address);
    await expect(topics()).resolves.toContain('kept');
  });

  it('accepts connections while it is frozen, and answers none', async () => {
    await broker.pause();
    const wasUp = await isUp();
    const answer = await topics().catch((error: Error) => error.name);
    await broker.resume();

    expect(wasUp).toBe(true);
    expect(answer).toMatch(/^KafkaJS/);
    await expect(topics()).resolves.toContain('kept');
  });

  it('comes back after it was stopped in good order', async () => {
    await broker.stop();
    const wasUp = await isUp();
    await broker.start();

    expect(wasUp).toBe(false);
    await expect(topics()).resolves.toContain('kept');
  });

  it('for measuring has all compilers, and leaves nothing when it is removed', async () => {
    const folder = path.join(home(), 'brokers');
    const [first = ''] = readdirSync(folder);
    const another = await startOwnBroker({ fullJit: true, core: 0 });
    const [second = ''] = readdirSync(folder).filter((name) => name !== first);
    const [quick, full] = [await commandOf(first), await commandOf(second)];
    await another.remove();

    // In Docker there is no such process, and the image has all compilers anyway.
    expect([quick?.includes('TieredStopAtLevel=1'), full?.includes('TieredStopAtLevel=1')]).toEqual(
      quick ? [true, false] : [undefined, undefined],
    );
    expect(existsSync(folder)).toBe(true);
    expect(readdirSync(folder)).toEqual([first]);
  });
});

/** How the broker of this folder was started; undefined where it runs elsewhere. */
async function commandOf(folder: string): Promise<string | undefined> {
  const { output } = await run('ps', ['-A', '-ww', '-o', 'args='], 10_000);
  return output.split('\n').find((line) => line.includes(`/brokers/${folder}/kafka/server.properties`));
}
