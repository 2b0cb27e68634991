import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { claim } from '../claim.js';
import { eventually, StockBroker, unique } from '../stock-broker.js';
import type { StockMemberOptions } from './stock-member.js';
import { StockMemberProcess } from './stock-member-process.js';

const ORDERS = Array.from({ length: 8 }, (_, index) => `order-${index}`);
/** Five are handled, the sixth is being handled when the process is killed. */
const STUCK = 'order-5';

let topic: string;
let broker: StockBroker;
let members: StockMemberProcess[];

beforeAll(async () => {
  broker = await StockBroker.connect();
});

beforeEach(async () => {
  topic = unique('commit-modes');
  members = [];
  await broker.createTopic(topic);
});

afterEach(() => Promise.all(members.map((member) => member.kill())));

afterAll(() => broker.close());

const start = (options: Omit<StockMemberOptions, 'topic'>): StockMemberProcess => {
  const member = StockMemberProcess.start({ topic, ...options });
  members.push(member);
  return member;
};

/** What the next process handles that the killed one had handled. */
async function handledAgain(mode: Omit<StockMemberOptions, 'topic'>): Promise<string[]> {
  await broker.send(topic, ...ORDERS.map((value) => ({ value })));
  const killed = start({ ...mode, stuckOn: STUCK });
  await eventually(`it handles ${STUCK}`, () => killed.begun === STUCK);
  await killed.kill();
  expect(killed.handled).toEqual(ORDERS.slice(0, 5));

  const next = start(mode);
  await eventually('the last is handled', () => next.handled.at(-1) === ORDERS.at(-1));
  return next.handled.filter((order) => killed.handled.includes(order));
}

const manual = { autoCommit: false };
/** The compiler would refuse it; articles have no types. */
const unknownOption = { allowAutoCommit: false } as object;

claim(
  {
    says: 'What is handled is committed, so kill -9 brings back only the message that was being handled.',
    verdict: 'wrong',
    happens: 'Of a batch of eight, killed at the sixth, stock NestJS handles all five again that were done.',
    why: 'kafkajs commits by itself when a fetched batch is through; a threshold is looked at after each message.',
    right: '`run: { autoCommitThreshold: 1 }`, a commit for each message; or positions committed off the loop.',
  },
  () => {
    it.each([
      { mode: 'automatic', options: {}, again: ORDERS.slice(0, 5) },
      { mode: 'autoCommitThreshold: 3', options: { run: { autoCommitThreshold: 3 } }, again: ORDERS.slice(3, 5) },
      {
        mode: 'allowAutoCommit: false, which does not exist',
        options: { run: unknownOption },
        again: ORDERS.slice(0, 5),
      },
      { mode: 'autoCommitThreshold: 1', options: { run: { autoCommitThreshold: 1 } }, again: [] },
    ])('$mode: handles $again.length of five again', async ({ options, again }) => {
      expect(await handledAgain(options)).toEqual(again);
    });
  },
);

claim(
  {
    says: 'Manual commit is `consumer.commitOffsets([{ topic, partition, offset }])` at the end of the handler.',
    verdict: 'wrong',
    happens: 'The last handled message comes back after each kill.',
    why: 'A committed offset is where to go on, not what is done.',
    right: '`offset: String(BigInt(offset) + 1n)`',
  },
  () => {
    it('as documented handles the last of five again', async () => {
      expect(await handledAgain({ run: manual, commits: 'offset' })).toEqual(['order-4']);
    });

    it('with offset + 1 handles none again', async () => {
      expect(await handledAgain({ run: manual, commits: 'offset + 1' })).toEqual([]);
    });
  },
);
