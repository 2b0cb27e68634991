import { beforeEach, describe, expect, it } from '@jest/globals';
import type { OutgoingRecord, TopicFacts } from '../client/index.js';
import { NotPublishedError, OutcomeUnknownError } from '../errors.js';
import { eventually } from '../testing/eventually.js';
import { type Draft, RecordSender } from './record-sender.js';

const ORDERS = 'orders.order-placed.v1';

/** Topics that are found when the spec says so. */
class TopicsUnderTest {
  readonly facts = new Map<string, TopicFacts>();
  readonly forgotten: string[] = [];
  #asked: { topic: string; answer: (facts: TopicFacts | Error) => void }[] = [];

  known = (topic: string): TopicFacts | undefined => this.facts.get(topic);

  find = (topic: string): Promise<TopicFacts> =>
    new Promise((resolve, reject) => {
      this.#asked.push({
        topic,
        answer: (facts) => (facts instanceof Error ? reject(facts) : resolve(facts)),
      });
    });

  forget = (topic: string): void => void this.forgotten.push(topic);

  /** False where nobody has asked. */
  answer(facts: TopicFacts | Error): boolean {
    const asked = this.#asked.length > 0;
    for (const { topic, answer } of this.#asked.splice(0)) {
      if (!(facts instanceof Error)) this.facts.set(topic, facts);
      answer(facts);
    }
    return asked;
  }
}

let topics: TopicsUnderTest;
let sent: OutgoingRecord[];
let refusal: Error | undefined;
let answer: Promise<void> | undefined;
let sender: RecordSender;

beforeEach(() => {
  topics = new TopicsUnderTest();
  sent = [];
  refusal = undefined;
  answer = undefined;
  sender = senderWith();
});

const senderWith = (limits: Partial<{ timeoutMs: number; queueBytes: number }> = {}): RecordSender =>
  new RecordSender(
    topics,
    {
      send: (record) => {
        sent.push(record);
        return refusal ? Promise.reject(refusal) : (answer ?? Promise.resolve());
      },
      close: () => Promise.resolve(),
    },
    { timeoutMs: 10_000, queueBytes: 1_000_000, ...limits },
  );

const draft = (facts: Partial<Draft> = {}): Draft => ({
  topic: ORDERS,
  key: Buffer.from('key'),
  value: Buffer.from('{}'),
  headers: {},
  ...facts,
});

describe('a record before it is queued', () => {
  beforeEach(() => void topics.facts.set(ORDERS, { partitions: 6, maxBytes: 2_000 }));

  it('is queued at once where its topic is known', () => {
    void sender.send(draft());

    expect(sent).toHaveLength(1);
  });

  it('goes to the partition of its key, always the same', async () => {
    const partitions = await Promise.all([1, 2, 3].map(() => sender.send(draft({ key: Buffer.from('order-17') }))));

    expect(new Set(partitions).size).toBe(1);
    expect(sent.map(({ partition }) => partition)).toEqual(partitions);
  });

  it('is spread over all partitions where it has no key', async () => {
    const partitions = await Promise.all([1, 2, 3, 4, 5, 6].map(() => sender.send(draft({ key: null }))));

    expect(new Set(partitions).size).toBe(6);
  });

  it.each([6, 99, -1, 1.5, NaN])('is refused for partition %p of 6, before anything is sent', async (partition) => {
    await expect(sender.send(draft({ partition }))).rejects.toMatchObject({
      reason: 'UNKNOWN_PARTITION',
      message: `Topic ${ORDERS} has no partition ${partition} for a record with key key: it has 0 to 5.`,
    });
    expect(sent).toEqual([]);
  });

  it.each([
    ['INVALID_KEY', { key: 7 }, `The key of a record for ${ORDERS} is of type number; bytes are needed.`],
    ['INVALID_KEY', { key: 'text' }, `The key of a record for ${ORDERS} is of type string; bytes are needed.`],
    ['INVALID_VALUE', { value: {} }, `The value of a record for ${ORDERS} is of type object; bytes are needed.`],
    [
      'INVALID_HEADER',
      { headers: { 'retry-count': 3 } },
      `Header retry-count of a record for ${ORDERS} is of type number; bytes are needed.`,
    ],
    [
      'INVALID_HEADER',
      { headers: { trace: [Buffer.from('a'), null] } },
      `Header trace of a record for ${ORDERS} is of type object; bytes are needed.`,
    ],
  ])('is refused with %s for %j, which would fail the whole request', async (reason, wrong, message) => {
    await expect(sender.send(draft(wrong as unknown as Partial<Draft>))).rejects.toMatchObject({ reason, message });
    expect(sent).toEqual([]);
  });

  it('is refused where it is too large, naming topic, key and limit', async () => {
    await expect(sender.send(draft({ value: Buffer.alloc(2_000) }))).rejects.toMatchObject({
      reason: 'TOO_LARGE',
      message: `A record of 2233 bytes with key key is too large for ${ORDERS}, which takes 2000 (max.message.bytes).`,
    });
    expect(sent).toEqual([]);
  });

  it('counts headers towards its size, repeated ones, too', async () => {
    const headers = { trace: [Buffer.alloc(900), Buffer.alloc(900)] };

    await expect(sender.send(draft({ headers }))).rejects.toMatchObject({ reason: 'TOO_LARGE' });
  });

  it('leaves a topic that refused it to be looked at again', async () => {
    refusal = new NotPublishedError('REFUSED', 'gone');

    await expect(sender.send(draft())).rejects.toBe(refusal);
    expect(topics.forgotten).toEqual([ORDERS]);
  });
});

describe('records of a topic that is not known yet', () => {
  const value = (text: string): Draft => draft({ value: Buffer.from(text) });

  it('are queued in the order of the calls, before any call that comes when it is known', async () => {
    const calls = [sender.send(value('a')), sender.send(value('b'))];
    topics.answer({ partitions: 1, maxBytes: 2_000 });
    calls.push(sender.send(value('c')));
    await Promise.resolve();
    calls.push(sender.send(value('d')));
    await Promise.all(calls);

    expect(sent.map((record) => String(record.value))).toEqual(['a', 'b', 'c', 'd']);
  });

  it('are each refused where there is no such topic, and hold up no other', async () => {
    topics.facts.set('other.topic.v1', { partitions: 1, maxBytes: 2_000 });
    const lost = Promise.allSettled([sender.send(value('a')), sender.send(value('b'))]);
    await sender.send(draft({ topic: 'other.topic.v1' }));
    topics.answer(new NotPublishedError('UNKNOWN_TOPIC', 'no such topic'));

    expect((await lost).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(sent).toHaveLength(1);
  });

  it('fail one by one: a bad one takes no neighbour with it', async () => {
    const calls = [sender.send(value('a')), sender.send(draft({ partition: 9 })), sender.send(value('c'))];
    topics.answer({ partitions: 1, maxBytes: 2_000 });

    expect((await Promise.allSettled(calls)).map(({ status }) => status)).toEqual([
      'fulfilled',
      'rejected',
      'fulfilled',
    ]);
  });

  it('are looked up again while no broker answers, and go through when one does', async () => {
    const calls = [sender.send(value('a')), sender.send(value('b'))];
    topics.answer(new NotPublishedError('BROKER_AWAY', 'nobody there'));
    await eventually('another question', () => topics.answer({ partitions: 1, maxBytes: 2_000 }));
    await Promise.all(calls);

    expect(sent.map((record) => String(record.value))).toEqual(['a', 'b']);
  });

  it('are given up in their time although the question hangs, and so closing ends, too', async () => {
    sender = senderWith({ timeoutMs: 40 });

    const call = sender.send(value('a'));
    const closing = sender.close();

    await expect(call).rejects.toMatchObject({
      reason: 'BROKER_AWAY',
      message: `No broker could be reached within 40 ms for ${ORDERS}.`,
    });
    await closing;
    topics.answer({ partitions: 1, maxBytes: 2_000 });
    expect(sent).toEqual([]);
  });

  it('have one deadline for the question and for the sending', async () => {
    sender = senderWith({ timeoutMs: 40 });
    answer = new Promise(() => undefined);

    const call = sender.send(value('a'));
    topics.answer({ partitions: 1, maxBytes: 2_000 });

    await expect(call).rejects.toThrow(OutcomeUnknownError);
  });

  it('are refused beyond what may wait, and give their place back', async () => {
    sender = senderWith({ timeoutMs: 40, queueBytes: 1_100 });
    const first = sender.send(value('a'));

    await expect(sender.send(value('b'))).rejects.toMatchObject({ reason: 'QUEUE_FULL' });
    await expect(first).rejects.toMatchObject({ reason: 'BROKER_AWAY' });
    const third = sender.send(value('c'));
    await eventually('the question', () => topics.answer({ partitions: 1, maxBytes: 2_000 }));
    await third;

    expect(sent.map((record) => String(record.value))).toEqual(['c']);
  });
});
