import { beforeEach, describe, expect, it } from '@jest/globals';
import { NotAllSentError, type OutgoingRecord } from '../client/index.js';
import { NotPublishedError, OutcomeUnknownError } from '../errors.js';
import { eventually } from '../testing/eventually.js';
import { setClock } from '../testing/set-clock.js';
import { Coalescer, type CoalescerLimits, LIMITS, type Session } from './coalescer.js';

/** As kafkajs names what a broker that is away does. */
class KafkaJSConnectionError extends Error {
  override readonly name = 'KafkaJSConnectionError';
}

const refusal = (type: string): Error => Object.assign(new Error(`the broker says ${type}`), { type });

interface Request {
  readonly session: number;
  readonly values: string[];
  readonly answer: (error?: Error) => void;
}

/** Sessions whose requests the spec answers. */
class BrokerUnderTest {
  sessions = 0;
  closed: number[] = [];
  /** What the next connects do: reject, or never end. */
  connects: (Error | 'hang')[] = [];
  readonly requests: Request[] = [];
  #seen = 0;

  connect = (): Promise<Session> => {
    const session = ++this.sessions;
    const fate = this.connects.shift();
    if (fate === 'hang') return new Promise(() => undefined);
    if (fate) return Promise.reject(fate);
    return Promise.resolve({
      send: (records) => this.#take(session, records),
      close: () => {
        this.closed.push(session);
        return Promise.resolve();
      },
    });
  };

  /** The next request, as soon as it is there. */
  next(): Promise<Request> {
    const index = this.#seen++;
    return eventually(`request ${index}`, () => this.requests[index]);
  }

  #take(session: number, records: readonly OutgoingRecord[]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.requests.push({
        session,
        values: records.map((record) => String(record.value)),
        answer: (error) => (error ? reject(error) : resolve()),
      });
    });
  }
}

const record = (value: string, facts: Partial<OutgoingRecord> = {}): OutgoingRecord => ({
  topic: 'orders.order-placed.v1',
  partition: 0,
  key: null,
  value: Buffer.from(value),
  headers: {},
  ...facts,
});

let broker: BrokerUnderTest;
let resent: number;

beforeEach(() => {
  broker = new BrokerUnderTest();
  resent = 0;
});

const coalescer = (limits: Partial<CoalescerLimits> = {}): Coalescer =>
  new Coalescer(broker.connect, { resent: (records) => (resent += records) }, { ...LIMITS, ...limits });

describe('records of many callers', () => {
  it('share a request, in the order of the calls, awaited or not', async () => {
    const sender = coalescer();

    const sent = Promise.all(['a', 'b', 'c'].map((value) => sender.send(record(value))));
    const request = await broker.next();
    request.answer();
    await sent;

    expect(request.values).toEqual(['a', 'b', 'c']);
  });

  it('go out one request at a time: what comes meanwhile waits for the next', async () => {
    const sender = coalescer();

    const first = sender.send(record('a'));
    const request = await broker.next();
    const later = [sender.send(record('b')), sender.send(record('c'))];
    expect(broker.requests).toHaveLength(1);
    request.answer();
    await first;
    const second = await broker.next();
    second.answer();
    await Promise.all(later);

    expect(second.values).toEqual(['b', 'c']);
    expect(broker.sessions).toBe(1);
  });

  it.each([1, 2, 3, 4, 5, 6])('are sent when a call comes %i turns after the last answer', async (turns) => {
    const sender = coalescer();
    const both = sender.send(record('a')).then(async () => {
      for (let turn = 0; turn < turns; turn++) await Promise.resolve();
      await sender.send(record('b'));
    });

    (await broker.next()).answer();
    const second = await broker.next();
    second.answer();
    await both;

    expect(second.values).toEqual(['b']);
  });

  it('are split where a partition or the request would grow too large, without changing their order', async () => {
    const kilobyte = 'x'.repeat(970);
    const sender = coalescer({ partitionBytes: 2_100, requestBytes: 5_000 });
    const facts = [{ partition: 0 }, { partition: 0 }, { partition: 0 }, { partition: 1 }, { partition: 2 }];

    const sent = facts.map((fact, index) => sender.send(record(`${index}${kilobyte}`, fact)));
    const first = await broker.next();
    first.answer();
    const second = await broker.next();
    second.answer();
    await Promise.all(sent);

    expect(first.values.map((value) => value[0])).toEqual(['0', '1']);
    expect(second.values.map((value) => value[0])).toEqual(['2', '3', '4']);
  });

  it('are split at what their topic takes in a batch', async () => {
    const sender = coalescer();

    const sent = ['a', 'b'].map((value) => sender.send(record(value), 40));
    const first = await broker.next();
    first.answer();
    (await broker.next()).answer();
    await Promise.all(sent);

    expect(first.values).toEqual(['a']);
  });

  it('are split at the number of records', async () => {
    const sender = coalescer({ requestRecords: 2 });

    const sent = ['a', 'b', 'c'].map((value) => sender.send(record(value)));
    const first = await broker.next();
    first.answer();
    (await broker.next()).answer();
    await Promise.all(sent);

    expect(first.values).toEqual(['a', 'b']);
  });

  it('are refused beyond what may wait, with the limit in the sentence', async () => {
    const sender = coalescer({ queueBytes: 1_100 });

    const first = sender.send(record('a'.repeat(40)));
    const second = sender.send(record('b'.repeat(40)));

    await expect(second).rejects.toMatchObject({
      reason: 'QUEUE_FULL',
      message: 'Nothing more is taken for orders.order-placed.v1: 1100 bytes wait (publishQueueBytes).',
    });
    (await broker.next()).answer();
    await first;
    const third = sender.send(record('c'));
    (await broker.next()).answer();
    await third;
  });
});

describe('a rejected request', () => {
  it.each([
    ['the connection breaks', new KafkaJSConnectionError('ECONNRESET')],
    ['replicas are missing', refusal('NOT_ENOUGH_REPLICAS')],
    ['the sequence is out of order', refusal('OUT_OF_ORDER_SEQUENCE_NUMBER')],
  ])('ends its session, and a fresh one sends the same batch before anything else: %s', async (_, error) => {
    const sender = coalescer();

    const sent = ['a', 'b'].map((value) => sender.send(record(value)));
    const request = await broker.next();
    const later = sender.send(record('c'));
    request.answer(error);
    const again = await broker.next();
    again.answer();
    const last = await broker.next();
    last.answer();
    await Promise.all([...sent, later]);

    expect([request, again, last].map(({ session, values }) => [session, values])).toEqual([
      [1, ['a', 'b']],
      [2, ['a', 'b']],
      [2, ['c']],
    ]);
    expect(broker.closed).toEqual([1]);
    expect(resent).toBe(2);
  });

  it('counts no copy where no request had left', async () => {
    broker.connects = [new KafkaJSConnectionError('ECONNREFUSED')];
    const sender = coalescer();

    const sent = sender.send(record('a'));
    (await broker.next()).answer();
    await sent;

    expect(broker.sessions).toBe(2);
    expect(resent).toBe(0);
  });

  describe('of which the broker acknowledged a part', () => {
    const topic = 'orders.order-placed.v1';
    const partly = (cause: Error, doubtful: boolean, ...partitions: number[]) =>
      new NotAllSentError(
        partitions.map((partition) => ({ where: `${topic}/${partition}`, doubtful })),
        cause,
      );

    it.each([
      ['nothing was written, and none is counted as a copy', false, 0],
      ['it may have been written, and is counted as a possible copy', true, 1],
    ])('is repeated for the rest only: of that, %s', async (_, doubtful, copies) => {
      const sender = coalescer();

      const sent = Promise.all([sender.send(record('a')), sender.send(record('b', { partition: 5 }))]);
      (await broker.next()).answer(partly(refusal('NOT_LEADER_FOR_PARTITION'), doubtful, 5));
      const again = await broker.next();
      again.answer();
      await sent;

      expect(again).toMatchObject({ session: 2, values: ['b'] });
      expect(resent).toBe(copies);
    });

    it('fails for the one that is refused, and for nobody else', async () => {
      const sender = coalescer();

      const partitions = [0, 1, 2];
      const outcomes = Promise.allSettled(partitions.map((partition) => sender.send(record('a', { partition }))));
      // Of two, one is refused and the other has lost its leader: which of them, the next answers say.
      (await broker.next()).answer(partly(refusal('MESSAGE_TOO_LARGE'), false, 1, 2));
      (await broker.next()).answer(partly(refusal('MESSAGE_TOO_LARGE'), false, 1));
      (await broker.next()).answer();

      expect((await outcomes).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    });

    it('takes the reason of one that is over its deadline for nobody else’s', async () => {
      const timeoutMs = 2_000;
      const sender = coalescer({ timeoutMs });
      const first = sender.send(record('first'));
      const request = await broker.next();
      const begun = Date.now();
      const outcome = sender.send(record('late', { partition: 1 })).catch((error: unknown) => error);
      await eventually('half of its time', () => Date.now() - begun > timeoutMs / 2);
      const sent = sender.send(record('in time', { partition: 2 }));
      request.answer();
      await first;
      const shared = await broker.next();
      expect(shared.values).toEqual(['late', 'in time']);
      await outcome;
      shared.answer(partly(refusal('MESSAGE_TOO_LARGE'), false, 1, 2));
      (await broker.next()).answer();

      await sent;
      expect(await outcome).toBeInstanceOf(OutcomeUnknownError);
    });
  });

  it('is taken apart where the broker refuses it, until the guilty record stands alone', async () => {
    const sender = coalescer();
    const outcomes = Promise.allSettled(['a', 'b', 'BAD', 'd'].map((value) => sender.send(record(value))));

    const sessions = new Set<number>();
    for (const refused of [true, false, true, true, false]) {
      const request = await broker.next();
      sessions.add(request.session);
      expect(request.values.includes('BAD')).toBe(refused);
      request.answer(refused ? refusal('MESSAGE_TOO_LARGE') : undefined);
    }

    expect((await outcomes).map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
    expect(broker.requests.map(({ values }) => values.join(''))).toEqual(['abBADd', 'ab', 'BADd', 'BAD', 'd']);
    // Never again a session that failed once.
    expect(broker.requests.map(({ session }) => session)).toEqual([1, 2, 2, 3, 4]);
    const [, , bad] = await outcomes;
    expect(bad).toMatchObject({
      reason: {
        reason: 'REFUSED',
        message: expect.stringContaining('orders.order-placed.v1/0 refused a record of 33 bytes: the broker says'),
      },
    });
  });

  it('is parted by topic first: the good topic waits for nobody', async () => {
    const sender = coalescer();
    const [good, bad] = [sender.send(record('good')), sender.send(record('bad', { topic: 'gone' }))];
    const outcomes = Promise.allSettled([good, bad]);

    (await broker.next()).answer(refusal('UNKNOWN_TOPIC_OR_PARTITION'));
    const first = await broker.next();
    first.answer();
    const second = await broker.next();
    second.answer(refusal('UNKNOWN_TOPIC_OR_PARTITION'));

    expect((await outcomes).map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    expect([first.values, second.values]).toEqual([['good'], ['bad']]);
  });
});

describe('a session that has sent before', () => {
  const unknownTopic = () => refusal('UNKNOWN_TOPIC_OR_PARTITION');

  it('is not believed about a missing topic, which may be another one: a fresh session is asked', async () => {
    const sender = coalescer();

    const first = sender.send(record('first'));
    (await broker.next()).answer();
    await first;
    const sent = sender.send(record('innocent'));
    (await broker.next()).answer(unknownTopic());
    const again = await broker.next();
    again.answer();
    await sent;

    expect(again).toMatchObject({ session: 2, values: ['innocent'] });
  });

  it('is not believed when a request is taken apart, either', async () => {
    const sender = coalescer();

    const outcomes = Promise.allSettled([sender.send(record('good')), sender.send(record('bad', { topic: 'gone' }))]);
    (await broker.next()).answer(unknownTopic());
    (await broker.next()).answer();
    (await broker.next()).answer(unknownTopic());

    expect((await outcomes).map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    expect(broker.requests.map(({ session }) => session)).toEqual([1, 2, 3]);
  });
});

describe('a record that is over its time', () => {
  it('was surely not sent where no request with it left', async () => {
    broker.connects = Array.from({ length: 50 }, () => new KafkaJSConnectionError('ECONNREFUSED'));
    const sender = coalescer({ timeoutMs: 60 });

    const error = await sender.send(record('a')).catch((reason: unknown) => reason);

    expect(error).toBeInstanceOf(NotPublishedError);
    expect(error).toMatchObject({
      reason: 'BROKER_AWAY',
      message: 'No broker could be reached within 60 ms for orders.order-placed.v1/0.',
    });
  });

  it('was surely not sent where the connection hangs', async () => {
    broker.connects = ['hang'];

    await expect(coalescer({ timeoutMs: 40 }).send(record('a'))).rejects.toMatchObject({ reason: 'BROKER_AWAY' });
  });

  it('may have been sent where a request with it left', async () => {
    const sender = coalescer({ timeoutMs: 40 });

    const error = await sender.send(record('a')).catch((reason: unknown) => reason);

    expect(broker.requests).toHaveLength(1);
    expect(error).toBeInstanceOf(OutcomeUnknownError);
    expect((error as Error).message).toBe(
      'The broker did not say within 40 ms whether orders.order-placed.v1/0 has the record.',
    );
  });

  it('is rejected on its own time although it shares a request with later ones', async () => {
    const sender = coalescer({ timeoutMs: 200 });
    const first = sender.send(record('first'));
    const request = await broker.next();

    const early = sender.send(record('early')).catch((error: unknown) => error);
    const queuedAt = Date.now();
    await eventually('another millisecond', () => Date.now() > queuedAt + 50);
    let lateEnded = false;
    const late = sender.send(record('late')).catch((error: unknown) => {
      lateEnded = true;
      return error;
    });
    request.answer();
    expect((await broker.next()).values).toEqual(['early', 'late']); // hangs
    const outcome = await early;
    for (let turn = 0; turn < 10; turn++) await Promise.resolve();

    expect(lateEnded).toBe(false);
    expect(outcome).toBeInstanceOf(OutcomeUnknownError);
    expect(await late).toBeInstanceOf(OutcomeUnknownError);
    await first;
  });

  it('is rejected on its own time although it waits behind a request that hangs', async () => {
    const sender = coalescer({ timeoutMs: 200 });
    const ended: string[] = [];
    const note = (name: string) => () => void ended.push(name);

    sender.send(record('in flight')).catch(note('in flight'));
    await broker.next(); // hangs
    const behind = sender.send(record('behind')).catch((error: unknown) => error);
    broker.connects = ['hang'];

    expect(await behind).toMatchObject({ reason: 'BROKER_AWAY' });
    expect(ended).toEqual(['in flight']);
  });

  it('is not sent again with its neighbours', async () => {
    const sender = coalescer({ timeoutMs: 80 });

    const early = sender.send(record('early')).catch((error: unknown) => error);
    const request = await broker.next();
    expect(await early).toBeInstanceOf(OutcomeUnknownError);
    const late = sender.send(record('late'));
    request.answer(new KafkaJSConnectionError('ECONNRESET'));
    const next = await broker.next();
    next.answer();
    await late;

    expect(next.values).toEqual(['late']);
  });

  it('gives its place in the queue back', async () => {
    broker.connects = ['hang'];
    const sender = coalescer({ timeoutMs: 100, queueBytes: 1_050 });

    await expect(sender.send(record('a'))).rejects.toThrow(NotPublishedError);
    const second = sender.send(record('b'));
    (await broker.next()).answer();

    await second;
  });
});

describe('closing', () => {
  it('sends what is queued, takes nothing more, and closes the session', async () => {
    const sender = coalescer();

    const sent = [sender.send(record('a'))];
    const request = await broker.next();
    sent.push(sender.send(record('b')));
    const closing = sender.close();
    await expect(sender.send(record('c'))).rejects.toMatchObject({ reason: 'CLOSED' });
    request.answer();
    (await broker.next()).answer();
    await Promise.all([...sent, closing]);

    await eventually('closed', () => broker.closed.length > 0);
    expect(broker.closed).toEqual([1]);
  });

  it('ends within the deadline although the clock is set back', async () => {
    const sender = coalescer({ timeoutMs: 40 });
    const sent = sender.send(record('a')).catch((error: unknown) => error);

    const setRight = setClock(-3_600_000);
    await sender.close().finally(setRight);

    expect(await sent).toBeInstanceOf(OutcomeUnknownError);
  });

  it('ends within the deadline of what is queued, whatever the broker does', async () => {
    const sender = coalescer({ timeoutMs: 40 });

    const sent = sender.send(record('a')).catch((error: unknown) => error);
    await sender.close();

    expect(await sent).toBeInstanceOf(OutcomeUnknownError);
  });
});
