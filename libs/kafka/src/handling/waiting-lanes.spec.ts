import { beforeEach, describe, expect, it } from '@jest/globals';
import type { ConsumedBatch } from '../client/index.js';
import { eventually } from '../testing/eventually.js';
import { HandlerUnderTest } from '../testing/handler-under-test.js';
import { batchOf, recordAt, TOPIC } from '../testing/records.js';
import { Passed } from './lane-queue.js';
import { Lanes } from './lanes.js';

let handler: HandlerUnderTest;

beforeEach(() => {
  handler = new HandlerUnderTest();
});

/** Records with these keys, from an offset on; `-` is a record without one. */
function keyed(first: number, ...keys: string[]): ConsumedBatch {
  const records = keys.map((key, index) => recordAt(first + index, { key: key === '-' ? null : Buffer.from(key) }));
  return { ...batchOf(first, first + keys.length - 1), records };
}

function makeLanes(concurrency = 1): Lanes {
  const source = { pause: () => undefined, resume: () => undefined, seek: () => undefined };
  const lanes = new Lanes(handler.handle, source, {
    refetches: true,
    concurrencyOf: () => concurrency,
    onProgress: () => undefined,
    onBroken: (error) => {
      throw error;
    },
  });
  lanes.assign(new Map([[TOPIC, [0]]]), false);
  return lanes;
}

const position = (lanes: Lanes): number => Number(lanes.uncommitted()[0]?.offset ?? 0);
const reaches = (lanes: Lanes, offset: number) => eventually(`position ${offset}`, () => position(lanes) === offset);

describe('a lane that is held', () => {
  it('begins nothing until it is released, however many may run side by side', async () => {
    const lanes = makeLanes(3);
    lanes.offer(keyed(0, 'a', 'b'));
    const release = (await handler.laneOf('0/0')).hold();

    lanes.offer(keyed(2, 'c', 'd'));
    await handler.finish('0/1');
    await reaches(lanes, 0);
    expect(handler.running).toEqual(['0/0']);
    release?.();

    expect(handler.running).toEqual(['0/0', '0/2', '0/3']);
  });

  it('is held by one record only, and the others learn when it is released', async () => {
    const lanes = makeLanes(2);
    lanes.offer(keyed(0, 'a', 'b'));
    const [one, other] = [await handler.laneOf('0/0'), await handler.laneOf('0/1')];
    const release = one.hold();

    expect(other.hold()).toBeUndefined();
    const released = other.released();
    release?.();

    expect(await released).toBe(true);
    expect(other.hold()).toBeDefined();
  });

  it('tells those who wait when it is frozen', async () => {
    const lanes = makeLanes(2);
    lanes.offer(keyed(0, 'a', 'b'));
    (await handler.laneOf('0/0')).hold();
    const released = (await handler.laneOf('0/1')).released();

    lanes.freeze();

    expect(await released).toBe(false);
  });
});

describe('a pause', () => {
  it('ends before its time where it is woken', async () => {
    const lanes = makeLanes();
    lanes.offer(keyed(0, 'a'));
    const waking = new AbortController();
    const paused = (await handler.laneOf('0/0')).pause(3_600_000, waking.signal);

    waking.abort();

    expect(await paused).toBe(true);
  });
});

/** The lane of a first record, and what it has passed. */
async function waiting(): Promise<{ another: () => Promise<boolean> }> {
  const lane = await handler.laneOf('0/0');
  const passed = new Passed();
  passed.add(recordAt(0, { key: Buffer.from('a') }));
  return { another: () => lane.tryAnother(passed) };
}

describe('a record that is tried in place of one that waits', () => {
  it('is the next of another key, and settled out of turn', async () => {
    const lanes = makeLanes();
    lanes.offer(keyed(0, 'a', 'a', 'b', 'c'));
    const { another } = await waiting();

    const tried = another();
    await handler.finish('0/2');
    expect(await tried).toBe(true);
    await handler.finish('0/0', '0/1', '0/3');

    await reaches(lanes, 4);
    expect(handler.begun).toEqual(['0/0', '0/2', '0/1', '0/3']);
  });

  it('is back in its place where it is interrupted, and its key is passed from then on', async () => {
    const lanes = makeLanes();
    lanes.offer(keyed(0, 'a', 'b', 'b', '-', 'c'));
    const { another } = await waiting();

    for (const name of ['0/1', '0/3', '0/4']) {
      const tried = another();
      await handler.interrupt(name);
      expect(await tried).toBe(true);
    }
    expect(await another()).toBe(false);
    await handler.finish('0/0', '0/1', '0/2', '0/3', '0/4');

    await reaches(lanes, 5);
    expect(handler.begun).toEqual(['0/0', '0/1', '0/3', '0/4', '0/1', '0/2', '0/3', '0/4']);
  });

  it('has one try: it can neither pause nor hold the lane', async () => {
    const lanes = makeLanes();
    lanes.offer(keyed(0, 'a', 'b'));
    const { another } = await waiting();

    void another();
    const lane = await handler.laneOf('0/1');

    expect([await lane.pause(1), lane.hold(), await lane.released(), await lane.tryAnother(new Passed())]).toEqual([
      false,
      undefined,
      false,
      false,
    ]);
  });

  it('is none while its key is being handled, and is not handled twice', async () => {
    const lanes = makeLanes(2);
    lanes.offer(keyed(0, 'a', 'b', 'b', 'c'));
    const { another } = await waiting();

    const tried = another();
    await handler.finish('0/3', '0/1', '0/2', '0/0');
    expect(await tried).toBe(true);

    await reaches(lanes, 4);
    expect(handler.begun).toEqual(['0/0', '0/1', '0/3', '0/2']);
  });

  it('is never behind one of its key that was left out', async () => {
    const lanes = makeLanes(2);
    lanes.offer(keyed(0, 'a', 'k', 'k', 'm', 'k'));
    const { another } = await waiting();
    const release = (await handler.laneOf('0/0')).hold();
    const tried = another();
    await handler.interrupt('0/3');
    await tried;
    await handler.finish('0/1');
    await eventually('k is free', () => !handler.running.includes('0/1'));

    const second = another();
    expect(handler.begun).toEqual(['0/0', '0/1', '0/3']);
    expect(await second).toBe(false);
    release?.();
    await handler.finish('0/0', '0/2', '0/3', '0/4');

    await reaches(lanes, 5);
  });

  it('is none in a lane that is frozen', async () => {
    const lanes = makeLanes();
    lanes.offer(keyed(0, 'a', 'b'));
    const { another } = await waiting();

    lanes.freeze();

    expect(await another()).toBe(false);
  });
});
