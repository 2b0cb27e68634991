import { beforeEach, describe, expect, it } from '@jest/globals';
import { KafkaMetrics } from '../counting/metrics.js';
import { OutcomeUnknownError } from '../errors.js';
import { eventually } from '../testing/eventually.js';
import { Coalescer, LIMITS } from './coalescer.js';
import { EventForwarder } from './event-forwarder.js';
import type { PreparedEvent } from './prepared-event.js';
import { RecordSender } from './record-sender.js';

const TOPIC = 'orders.order-placed.v1';

let requests: string[][];
/** What becomes of the next requests; then all is well. */
let answers: (Error | undefined)[];
let forwarder: EventForwarder;

beforeEach(() => {
  requests = [];
  answers = [];
  forwarder = forwarderWithin(10_000);
});

function forwarderWithin(timeoutMs: number): EventForwarder {
  const connect = () =>
    Promise.resolve({
      send: (records: readonly { value: Buffer | null }[]) => {
        requests.push(records.map(({ value }) => String(value)));
        const answer = answers.shift();
        return answer ? Promise.reject(answer) : Promise.resolve();
      },
      close: () => Promise.resolve(),
    });
  const limits = { ...LIMITS, timeoutMs };
  const coalescer = new Coalescer(connect, { resent: () => undefined }, limits);
  const facts = { partitions: 6, maxBytes: 1_000 };
  const topics = { known: () => facts, find: () => Promise.resolve(facts), forget: () => undefined };
  return new EventForwarder(new RecordSender(topics, coalescer, limits), new KafkaMetrics());
}

const event = (key: string, value: string): PreparedEvent => ({ id: value, topic: TOPIC, key, value, headers: {} });

const reasons = (outcomes: readonly (Error | undefined)[]): unknown[] =>
  outcomes.map((error) => error && ((error as { reason?: string }).reason ?? error.name));

describe('events that are forwarded', () => {
  it('go in one request, in their order', async () => {
    expect(await forwarder.forward([event('a', 'a1'), event('b', 'b1'), event('a', 'a2')])).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(requests).toEqual([['a1', 'b1', 'a2']]);
  });

  it('are held back behind one of their key that is too large, and behind no other', async () => {
    const large = 'x'.repeat(1_000);

    const outcomes = await forwarder.forward([event('a', large), event('a', 'a2'), event('b', 'b1')]);

    expect(reasons(outcomes)).toEqual(['TOO_LARGE', 'HELD_BACK', undefined]);
    expect(requests).toEqual([['b1']]);
  });

  it('are held back behind one of their key that the broker refuses', async () => {
    const refusal = Object.assign(new Error('no'), { type: 'MESSAGE_TOO_LARGE' });
    answers = [refusal, refusal];

    const outcomes = await forwarder.forward([event('a', 'BAD'), event('a', 'a2'), event('b', 'b1')]);

    expect(reasons(outcomes)).toEqual(['REFUSED', 'HELD_BACK', undefined]);
    expect(requests).toEqual([['BAD', 'a2', 'b1'], ['BAD'], ['b1']]);
  });

  it('are held back in a later call, too, as long as one of their key is on its way', async () => {
    const first = forwarder.forward([event('a', 'x'.repeat(1_000)), event('a', 'a2')]);
    const second = forwarder.forward([event('a', 'a3')]);

    expect(reasons([...(await first), ...(await second)])).toEqual(['TOO_LARGE', 'HELD_BACK', 'HELD_BACK']);
    expect(reasons(await forwarder.forward([event('a', 'a4')]))).toEqual([undefined]);
  });

  it('do not overtake one of their key whose time was over a moment before theirs', async () => {
    forwarder = forwarderWithin(2_000);
    const away = Object.assign(new Error('away'), { type: 'NOT_ENOUGH_REPLICAS' });
    answers = Array.from({ length: 50 }, () => away);
    const first = forwarder.forward([event('a', 'a1')]);
    await eventually('it is tried again', () => requests.length >= 2);

    const second = forwarder.forward([event('a', 'a2')]);

    expect((await first)[0]).toBeInstanceOf(OutcomeUnknownError);
    expect(reasons(await second)).toEqual(['HELD_BACK']);
    expect(requests.flat()).not.toContain('a2');
  });
});
