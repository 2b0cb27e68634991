import { beforeEach, describe, expect, it } from '@jest/globals';
import type { Assignment, ConsumedBatch } from '../client/index.js';
import { eventually } from '../testing/eventually.js';
import { HandlerUnderTest } from '../testing/handler-under-test.js';
import { batchOf, recordAt, TOPIC } from '../testing/records.js';
import { Lanes, type LanesOptions } from './lanes.js';

const PARTITION: Assignment = new Map([[TOPIC, [0]]]);

/** Records with these keys, from an offset on; `-` is a record without one. */
function keyed(first: number, ...keys: string[]): ConsumedBatch {
  const records = keys.map((key, index) => recordAt(first + index, { key: key === '-' ? null : Buffer.from(key) }));
  return { ...batchOf(first, first + keys.length - 1), records };
}

let handler: HandlerUnderTest;
let asked: string[];

beforeEach(() => {
  handler = new HandlerUnderTest();
  asked = [];
});

function makeLanes(concurrency: number, options: Partial<LanesOptions> = {}): Lanes {
  const source = {
    pause: () => void asked.push('pause'),
    resume: () => void asked.push('resume'),
    seek: () => void asked.push('seek'),
  };
  const lanes = new Lanes(handler.handle, source, {
    refetches: true,
    concurrencyOf: () => concurrency,
    onProgress: () => undefined,
    onBroken: (error) => {
      throw error;
    },
    ...options,
  });
  lanes.assign(PARTITION, false);
  return lanes;
}

const reaches = (lanes: Lanes, offset: number): Promise<boolean> =>
  eventually(`position ${offset}`, () => position(lanes) === offset);

/** What may be committed; undefined where nothing is due. */
function position(lanes: Lanes): number | undefined {
  const [due] = lanes.uncommitted();
  return due && Number(due.offset);
}

const begins = (name: string): Promise<unknown> => handler.laneOf(name);

describe('a lane that handles some records side by side', () => {
  it('begins one of each key, and no more than it may', async () => {
    const lanes = makeLanes(3);

    lanes.offer(keyed(0, 'a', 'b', 'a', 'c', 'd'));
    expect(handler.running).toEqual(['0/0', '0/1', '0/3']);
    await handler.finish('0/1');

    await begins('0/4');
    expect(handler.running).toEqual(['0/0', '0/3', '0/4']);
  });

  it('keeps the order of each key', async () => {
    const lanes = makeLanes(16);

    lanes.offer(keyed(0, 'a', 'b', 'a', 'a', 'b'));
    await handler.finish('0/1', '0/4', '0/0', '0/2', '0/3');

    await reaches(lanes, 5);
    const ofKey = (...names: string[]) => handler.begun.filter((name) => names.includes(name));
    expect(ofKey('0/0', '0/2', '0/3')).toEqual(['0/0', '0/2', '0/3']);
    expect(ofKey('0/1', '0/4')).toEqual(['0/1', '0/4']);
  });

  it('asks no order of records without a key', () => {
    const lanes = makeLanes(3);

    lanes.offer(keyed(0, '-', '-', '-'));

    expect(handler.running).toEqual(['0/0', '0/1', '0/2']);
  });

  it('counts as handled only what has nothing open before it', async () => {
    const lanes = makeLanes(3);

    lanes.offer(keyed(0, 'a', 'b', 'c'));
    await handler.finish('0/2', '0/1');
    await lanes.settle(20);
    expect(position(lanes)).toBeUndefined();
    await handler.finish('0/0');

    await reaches(lanes, 3);
  });

  it('gets no further ahead of one that is stuck than its limit', async () => {
    const lanes = makeLanes(2, { limits: { records: 4, bytes: 1_000_000 } });

    lanes.offer(keyed(0, 'stuck', 'a', 'b', 'c'));
    await handler.finish('0/1', '0/2', '0/3');
    expect(asked).toEqual([]);
    lanes.offer(keyed(4, 'd', 'e'));
    await handler.finish('0/4', '0/5');
    await lanes.settle(20);
    expect(asked).toEqual(['pause']);
    await handler.finish('0/0');

    await reaches(lanes, 6);
    expect(asked).toEqual(['pause', 'resume']);
  });
});

describe('a new generation of a lane that handles some side by side', () => {
  it('handles each record once: neither what runs nor what was settled out of turn comes again', async () => {
    const lanes = makeLanes(3);

    lanes.offer(keyed(0, 'a', 'b', 'c', 'd', 'e'));
    await handler.finish('0/1', '0/2');
    await begins('0/4');
    lanes.freeze();
    lanes.assign(PARTITION, false);
    lanes.offer(keyed(0, 'a', 'b', 'c', 'd', 'e', 'f'));
    await handler.finish('0/3', '0/4', '0/5', '0/0');

    await reaches(lanes, 6);
    expect([...handler.begun].sort()).toEqual(['0/0', '0/1', '0/2', '0/3', '0/4', '0/5']);
  });

  it('counts what ran through it before it is read again', async () => {
    const lanes = makeLanes(2);

    lanes.offer(keyed(0, 'a', 'b'));
    await begins('0/1');
    lanes.freeze();
    lanes.assign(PARTITION, false);
    await handler.finish('0/0');

    await reaches(lanes, 1);
  });

  it('keeps the order of a key whose first one runs on', async () => {
    const lanes = makeLanes(3);

    lanes.offer(keyed(0, 'a', 'a'));
    await begins('0/0');
    lanes.freeze();
    lanes.assign(PARTITION, false);
    lanes.offer(keyed(0, 'a', 'a', 'b'));
    await begins('0/2');
    expect(handler.running).toEqual(['0/0', '0/2']);
    await handler.finish('0/0', '0/1', '0/2');

    await reaches(lanes, 3);
  });

  it('handles again one that was interrupted, though a later one ran on over two generations', async () => {
    const lanes = makeLanes(2);

    lanes.offer(keyed(0, 'a', 'b'));
    await begins('0/1');
    lanes.freeze();
    await handler.interrupt('0/0');
    await lanes.settle(20);
    lanes.assign(PARTITION, false);
    lanes.assign(PARTITION, false);
    await handler.finish('0/1');
    await lanes.settle(1_000);
    expect(position(lanes)).toBeUndefined();
    lanes.offer(keyed(0, 'a', 'b'));
    await handler.finish('0/0');

    await reaches(lanes, 2);
    expect(handler.begun).toEqual(['0/0', '0/1', '0/0']);
  });

  it('handles an interrupted one before the later ones of its key', async () => {
    const lanes = makeLanes(2, { refetches: false });

    lanes.offer(keyed(0, 'a', 'a', 'b'));
    await begins('0/2');
    lanes.freeze();
    await handler.interrupt('0/0');
    await lanes.settle(20);
    lanes.assign(PARTITION, false);
    await handler.finish('0/0', '0/1', '0/2');

    await reaches(lanes, 3);
    expect(handler.begun).toEqual(['0/0', '0/2', '0/0', '0/1']);
  });
});
