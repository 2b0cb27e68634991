import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import type { KafkaOptions } from '@nestjs/microservices';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { claim } from '../claim.js';
import { eventually, StockBroker, unique } from '../stock-broker.js';
import { hearer, startStock, type StockService } from '../stock-service.js';

/** It runs as built: a process can be killed, an app inside of this one can't. */
const KILLED_SERVICE = new URL('../../dist/article/killed-service.js', import.meta.url);

const facts = {
  number: 12,
  says: 'Auto-commit is enabled by default, and commits offsets at a configured interval',
  verdict: 'wrong',
  happens:
    'It is enabled, and there is no interval: it commits when all that was fetched of a partition is handled. Killed at ' +
    'the third of five messages, a service gets the first two again, which it had handled.',
  why:
    'kafkajs looks whether to commit after each message only where `autoCommitInterval` or `autoCommitThreshold` ' +
    'is set.',
  right:
    '`run: { autoCommitThreshold: 1 }` narrows it to the message in hand. A handler must bear to meet that one twice.',
} as const;

type Run = NonNullable<KafkaOptions['options']>['run'];

claim(facts, () => {
  const messages = ['1', '2', '3', '4', '5'];
  let broker: StockBroker;
  let topic: string;
  let service: StockService | undefined;

  beforeAll(async () => {
    broker = await StockBroker.connect();
  });

  beforeEach(async () => {
    topic = unique('claim-12');
    service = undefined;
    await broker.createTopic(topic);
    // One batch: what is fetched together.
    await broker.send(topic, ...messages.map((value) => ({ value })));
  });

  afterEach(() => service?.close());

  afterAll(() => broker.close());

  /** What it heard until the broker's record of it was looked at, and it was killed. */
  const killAtThird = async (run: Run): Promise<{ heard: string[]; committed: number }> => {
    const heard: string[] = [];
    const child = fork(KILLED_SERVICE, [topic, JSON.stringify(run)], { execArgv: [], stdio: 'inherit' });
    child.on('message', (payload) => heard.push(payload as string));
    await eventually('it has begun with the third', () => heard.length === 3);
    const committed = await broker.committed(topic, topic);
    child.kill('SIGKILL');
    await once(child, 'exit');
    return { heard, committed };
  };

  /** What the next replica hears, up to the last message. */
  const startAgain = async (): Promise<unknown[]> => {
    const heard: unknown[] = [];
    service = await startStock(broker, topic, [hearer(topic, (payload) => heard.push(payload))]);
    await eventually('all are committed', async () => (await broker.committed(topic, topic)) === messages.length);
    return heard;
  };

  it('nothing is committed at the third message of five: killed, all five come', async () => {
    expect(await killAtThird({})).toEqual({ heard: ['1', '2', '3'], committed: -1 });

    expect(await startAgain()).toEqual(messages);
  });

  it('each is committed with autoCommitThreshold: 1: killed, only the one in hand comes again', async () => {
    expect(await killAtThird({ autoCommitThreshold: 1 })).toEqual({ heard: ['1', '2', '3'], committed: 2 });

    expect(await startAgain()).toEqual(['3', '4', '5']);
  });
});
