import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { Assignment, Position } from '../client/index.js';
import { eventually } from '../testing/eventually.js';
import { HandlerUnderTest } from '../testing/handler-under-test.js';
import { batchOf, TOPIC } from '../testing/records.js';
import { Lanes, type LanesOptions } from './lanes.js';

/** A consumer that notes what it is asked. */
class SourceUnderTest {
  readonly asked: string[] = [];
  pause = (_: string, partition: number): void => void this.asked.push(`pause ${partition}`);
  resume = (_: string, partition: number): void => void this.asked.push(`resume ${partition}`);
  seek = ({ partition, offset }: Position): void => void this.asked.push(`seek ${partition}/${offset}`);
}

const partitions = (...numbers: number[]): Assignment => new Map([[TOPIC, numbers]]);
const at = (partition: number, offset: number): Position => ({ topic: TOPIC, partition, offset: BigInt(offset) });

let handler: HandlerUnderTest;
let source: SourceUnderTest;
let broken: Error[];

beforeAll(() => void Logger.overrideLogger(false));

beforeEach(() => {
  handler = new HandlerUnderTest();
  source = new SourceUnderTest();
  broken = [];
});

function makeLanes(options: Partial<LanesOptions> = {}): Lanes {
  const lanes = new Lanes(handler.handle, source, {
    refetches: true,
    onProgress: () => undefined,
    onBroken: (error) => broken.push(error),
    ...options,
  });
  lanes.assign(partitions(0, 1), false);
  return lanes;
}

const reaches = (lanes: Lanes, ...positions: Position[]): Promise<Position[]> =>
  eventually(`positions ${positions.map((position) => `${position.partition}/${position.offset}`).join(' ')}`, () => {
    const found = lanes.uncommitted();
    const same = positions.every(({ partition, offset }) =>
      found.some((one) => one.partition === partition && one.offset === offset),
    );
    return same && found;
  });

describe('a lane', () => {
  it('handles one record at a time, in order', async () => {
    const lanes = makeLanes();

    lanes.offer(batchOf(0, 2));
    await handler.laneOf('0/0');
    expect(handler.running).toEqual(['0/0']);
    await handler.finish('0/0', '0/1', '0/2');

    await reaches(lanes, at(0, 3));
    expect(handler.begun).toEqual(['0/0', '0/1', '0/2']);
  });

  it('waits for no other lane', async () => {
    const lanes = makeLanes();

    lanes.offer(batchOf(0, 1));
    lanes.offer(batchOf(0, 1, { partition: 1 }));
    await handler.finish('1/0', '1/1');

    expect(await reaches(lanes, at(1, 2))).toEqual([at(1, 2)]);
    expect(handler.running).toEqual(['0/0']);
  });

  it('counts as handled only what was settled, never what was interrupted', async () => {
    const lanes = makeLanes();

    lanes.offer(batchOf(0, 2));
    await handler.finish('0/0');
    await handler.laneOf('0/1');
    lanes.freeze();
    await handler.interrupt('0/1');
    await lanes.settle(1_000);

    expect(lanes.uncommitted()).toEqual([at(0, 1)]);
    expect(handler.begun).toEqual(['0/0', '0/1']);
  });

  it('moves past the control records at the end of a batch, once all before them is handled', async () => {
    const lanes = makeLanes();

    lanes.offer(batchOf(0, 1, { lastOffset: 3n, highWatermark: 4n }));
    await handler.finish('0/0');
    await reaches(lanes, at(0, 1));
    await handler.finish('0/1');

    await reaches(lanes, at(0, 4));
  });

  it('moves past a batch of nothing but control records only when nothing waits before it', async () => {
    const lanes = makeLanes();
    const control = { records: [], fetchedOffset: 1n, lastOffset: 4n, highWatermark: 5n };

    lanes.offer(batchOf(0, 0, { highWatermark: 5n }));
    lanes.offer(batchOf(1, 4, control));
    expect(lanes.uncommitted()).toEqual([]);
    await handler.finish('0/0');
    await reaches(lanes, at(0, 5));
    lanes.offer(batchOf(5, 6, { ...control, fetchedOffset: 5n, lastOffset: 6n, highWatermark: 7n }));

    expect(lanes.uncommitted()).toEqual([at(0, 7)]);
  });

  it('stands still, loudly, where handling itself breaks; nothing is skipped', async () => {
    const lanes = makeLanes();

    lanes.offer(batchOf(0, 1));
    lanes.offer(batchOf(0, 0, { partition: 1 }));
    await handler.break('0/0', new Error('a mistake of ours'));
    await handler.finish('1/0');
    await reaches(lanes, at(1, 1));

    expect(broken.map((error) => error.message)).toEqual(['a mistake of ours']);
    expect(handler.begun).toEqual(['0/0', '1/0']);
    lanes.assign(partitions(0, 1), false);
    lanes.offer(batchOf(0, 1));
    await handler.finish('0/0', '0/1');
    await reaches(lanes, at(0, 2));
  });
});

describe('a lane that is full', () => {
  const limits = { records: 4, bytes: 1_000_000 };

  it('pauses its own partition, and resumes it when half is handled', async () => {
    const lanes = makeLanes({ limits });

    lanes.offer(batchOf(0, 4));
    expect(source.asked).toEqual(['pause 0']);
    await handler.finish('0/0', '0/1');
    await handler.laneOf('0/2');
    expect(source.asked).toEqual(['pause 0']);
    await handler.finish('0/2');
    await handler.laneOf('0/3');

    expect(source.asked).toEqual(['pause 0', 'resume 0']);
  });

  it('counts bytes as well as records', () => {
    const lanes = makeLanes({ limits: { records: 100, bytes: 1_000 } });
    const [record] = batchOf(0, 0).records;

    lanes.offer({ ...batchOf(0, 0), records: [{ ...(record as object), bytes: 900 } as never] });

    expect(source.asked).toEqual(['pause 0']);
  });

  it('keeps all of what was on its way when it paused', async () => {
    const lanes = makeLanes({ limits });

    lanes.offer(batchOf(0, 4));
    lanes.offer(batchOf(5, 9));
    await handler.finish(...Array.from({ length: 10 }, (_, offset) => `0/${offset}`));

    await reaches(lanes, at(0, 10));
    expect(source.asked.at(-1)).toBe('resume 0');
  });

  it('is not left paused in a new generation, nor is a partition that goes', () => {
    const lanes = makeLanes({ limits });

    lanes.offer(batchOf(0, 4));
    lanes.offer(batchOf(0, 4, { partition: 1 }));
    lanes.assign(partitions(0), false);

    expect(source.asked).toEqual(['pause 0', 'pause 1', 'resume 0', 'resume 1']);
  });
});

describe('lanes before partitions move', () => {
  it('begin nothing more, and settle when what runs has ended', async () => {
    const lanes = makeLanes();

    lanes.offer(batchOf(0, 5));
    await handler.laneOf('0/0');
    lanes.freeze();
    const settled = lanes.settle(60_000);
    await handler.finish('0/0');
    await settled;

    expect(lanes.uncommitted()).toEqual([at(0, 1)]);
    expect(handler.begun).toEqual(['0/0']);
  });

  it('settle after their bound, whatever still runs', async () => {
    const lanes = makeLanes();

    lanes.offer(batchOf(0, 5));
    await handler.laneOf('0/0');
    lanes.freeze();
    await lanes.settle(10);

    expect(handler.running).toEqual(['0/0']);
    expect(lanes.uncommitted()).toEqual([]);
  });

  it('interrupt a record that only waits for its next attempt', async () => {
    const lanes = makeLanes();

    lanes.offer(batchOf(0, 0));
    const pause = (await handler.laneOf('0/0')).pause(3_600_000);
    lanes.freeze();

    expect(await pause).toBe(false);
  });

  it('let a pause end by itself where nothing moves', async () => {
    const lanes = makeLanes();

    lanes.offer(batchOf(0, 0));

    expect(await (await handler.laneOf('0/0')).pause(1)).toBe(true);
  });
});

describe('a new generation', () => {
  it('handles each record once where the partition stayed: what was handled or runs is not handled again', async () => {
    const lanes = makeLanes();

    lanes.offer(batchOf(0, 4));
    await handler.finish('0/0', '0/1');
    await handler.laneOf('0/2');
    lanes.freeze();
    lanes.assign(partitions(0, 1), false);
    lanes.offer(batchOf(0, 6)); // fetched again from what was committed
    await handler.finish('0/2', '0/3', '0/4', '0/5', '0/6');

    await reaches(lanes, at(0, 7));
    expect(handler.begun).toEqual(['0/0', '0/1', '0/2', '0/3', '0/4', '0/5', '0/6']);
  });

  it('does not handle again what it has handled, although it is fetched again', async () => {
    const lanes = makeLanes();

    lanes.offer(batchOf(0, 1));
    await handler.finish('0/0', '0/1');
    await reaches(lanes, at(0, 2));
    lanes.assign(partitions(0, 1), false);
    lanes.offer(batchOf(0, 2));
    await handler.finish('0/2');

    await reaches(lanes, at(0, 3));
    expect(handler.begun).toEqual(['0/0', '0/1', '0/2']);
  });

  it('handles again what was interrupted', async () => {
    const lanes = makeLanes();

    lanes.offer(batchOf(0, 1));
    await handler.laneOf('0/0');
    lanes.freeze();
    await handler.interrupt('0/0');
    await lanes.settle(1_000);
    lanes.assign(partitions(0, 1), false);
    lanes.offer(batchOf(0, 1));
    await handler.finish('0/0', '0/1');

    await reaches(lanes, at(0, 2));
    expect(handler.begun).toEqual(['0/0', '0/0', '0/1']);
  });

  it('commits no old position, until the broker shows that it stands behind', async () => {
    const lanes = makeLanes();

    lanes.offer(batchOf(0, 1));
    await handler.finish('0/0', '0/1');
    await reaches(lanes, at(0, 2));
    lanes.assign(partitions(0, 1), false);
    expect(lanes.uncommitted()).toEqual([]);
    lanes.offer(batchOf(1, 1, { highWatermark: 2n }));

    expect(lanes.uncommitted()).toEqual([at(0, 2)]);
  });

  it('aborts what runs on a partition that went, and ignores its outcome', async () => {
    const lanes = makeLanes();

    lanes.offer(batchOf(0, 1));
    const { lost } = await handler.laneOf('0/0');
    lanes.assign(partitions(1), false);
    expect(lost.aborted).toBe(true);
    expect((lost.reason as Error).message).toBe('the partition was revoked');
    await handler.finish('0/0');
    lanes.offer(batchOf(0, 1));
    lanes.offer(batchOf(0, 0, { partition: 1 }));
    await handler.finish('1/0');

    expect(await reaches(lanes, at(1, 1))).toEqual([at(1, 1)]);
    expect(handler.begun).toEqual(['0/0', '1/0']);
  });

  it('begins with nothing of the past on a partition that went and came back', async () => {
    const lanes = makeLanes();

    lanes.offer(batchOf(0, 1));
    await handler.finish('0/0', '0/1');
    await reaches(lanes, at(0, 2));
    lanes.assign(partitions(1), false);
    lanes.assign(partitions(0, 1), false);
    lanes.offer(batchOf(1, 1));
    await handler.finish('0/1');

    await reaches(lanes, at(0, 2));
    expect(handler.begun).toEqual(['0/0', '0/1', '0/1']);
  });

  it('after an eviction forgets everything: others have handled these partitions', async () => {
    const lanes = makeLanes();

    lanes.offer(batchOf(0, 2));
    await handler.finish('0/0');
    const { lost } = await handler.laneOf('0/1');
    lanes.assign(partitions(0, 1), true);
    expect((lost.reason as Error).message).toBe('evicted from the group');
    lanes.offer(batchOf(2, 2));
    await handler.finish('0/1', '0/2');

    expect(await reaches(lanes, at(0, 3))).toEqual([at(0, 3)]);
  });

  it('goes on after what was delivered, where the consumer commits nothing', async () => {
    const lanes = makeLanes({ refetches: false });

    lanes.offer(batchOf(0, 3));
    await handler.finish('0/0');
    await handler.laneOf('0/1');
    lanes.freeze();
    lanes.assign(partitions(0, 1), true);
    lanes.offer(batchOf(4, 4));
    await handler.finish('0/1', '0/2', '0/3', '0/4');

    await reaches(lanes, at(0, 5));
    expect(handler.begun).toEqual(['0/0', '0/1', '0/2', '0/3', '0/4']);
  });
});

describe('a membership that ended without a word', () => {
  it('leaves to the others what they have gone on with: the handler is told, and its outcome ignored', async () => {
    const lanes = makeLanes();

    lanes.offer(batchOf(0, 2));
    const { lost } = await handler.laneOf('0/0');
    lanes.cutOff();
    lanes.assign(partitions(0, 1), false);
    lanes.offer(batchOf(7, 7));
    expect((lost.reason as Error | undefined)?.message).toBe('others have gone on with the partition');
    await handler.laneOf('0/7');
    await handler.finish('0/0');
    lanes.offer(batchOf(0, 0, { partition: 1 }));
    await handler.finish('1/0');

    expect(await reaches(lanes, at(1, 1))).toEqual([at(1, 1)]);
    await handler.finish('0/7');
    await reaches(lanes, at(0, 8));
  });

  it('keeps back what ends then, until the first batch shows where the group stands', async () => {
    const lanes = makeLanes();

    lanes.offer(batchOf(0, 0));
    await handler.laneOf('0/0');
    lanes.cutOff();
    lanes.assign(partitions(0, 1), false);
    await handler.finish('0/0');
    lanes.offer(batchOf(0, 0, { partition: 1 }));
    await handler.finish('1/0');
    expect(await reaches(lanes, at(1, 1))).toEqual([at(1, 1)]);
    lanes.offer(batchOf(0, 0));

    expect(lanes.uncommitted()).toEqual([at(0, 1), at(1, 1)]);
    expect(handler.begun).toEqual(['0/0', '1/0']);
  });
});

describe('a batch that does not follow on the last', () => {
  it('is left out, and fetched again from where the lane stands', async () => {
    const lanes = makeLanes();

    lanes.offer(batchOf(5, 9));
    await handler.finish('0/5');
    await handler.laneOf('0/6');
    lanes.freeze();
    await handler.interrupt('0/6');
    await lanes.settle(1_000);
    lanes.assign(partitions(0, 1), false);
    lanes.offer(batchOf(50, 60)); // asked for in the last generation, answered by another broker in this one
    expect(source.asked).toEqual(['seek 0/6']);
    lanes.offer(batchOf(6, 7, { highWatermark: 61n }));
    await handler.finish('0/6', '0/7');

    await reaches(lanes, at(0, 8));
    expect(handler.running).toEqual([]);
  });

  it('is left out before anything was handled, too', () => {
    const lanes = makeLanes();

    lanes.offer(batchOf(5, 9));
    lanes.freeze();
    lanes.assign(partitions(0, 1), false);
    lanes.offer(batchOf(50, 60));

    expect(source.asked).toEqual(['seek 0/5']);
  });

  it('is taken when the broker has nothing else any more', async () => {
    const lanes = makeLanes();

    lanes.offer(batchOf(0, 0));
    await handler.finish('0/0');
    await reaches(lanes, at(0, 1));
    lanes.offer(batchOf(5, 5));
    lanes.offer(batchOf(5, 5));
    await handler.finish('0/5');

    await reaches(lanes, at(0, 6));
    expect(source.asked).toEqual(['seek 0/1']);
  });

  it('is taken after the membership had ended: others may have read on', async () => {
    const lanes = makeLanes();

    lanes.offer(batchOf(0, 0));
    await handler.finish('0/0');
    await reaches(lanes, at(0, 1));
    lanes.cutOff();
    lanes.assign(partitions(0, 1), false);
    lanes.offer(batchOf(5, 5));
    await handler.finish('0/5');

    await reaches(lanes, at(0, 6));
    expect(source.asked).toEqual([]);
  });

  it('is of a new log where the log ends before what was read: its offsets begin anew', async () => {
    const lanes = makeLanes();

    lanes.offer(batchOf(0, 9));
    await handler.finish('0/0');
    await handler.laneOf('0/1');
    lanes.offer(batchOf(0, 1)); // the topic was deleted and made again
    await handler.finish('0/1', '0/0', '0/1');

    await reaches(lanes, at(0, 2));
    expect(handler.begun).toEqual(['0/0', '0/1', '0/0', '0/1']);
  });

  it('repeats no record that waits already', async () => {
    const lanes = makeLanes();

    lanes.offer(batchOf(0, 2));
    lanes.offer(batchOf(1, 3));
    await handler.finish('0/0', '0/1', '0/2', '0/3');

    await reaches(lanes, at(0, 4));
    expect(handler.begun).toEqual(['0/0', '0/1', '0/2', '0/3']);
  });
});

describe('positions', () => {
  it('are due until the broker has them', async () => {
    const lanes = makeLanes();

    lanes.offer(batchOf(0, 1));
    await handler.finish('0/0');
    await reaches(lanes, at(0, 1));
    lanes.markCommitted([at(0, 1)]);
    expect(lanes.uncommitted()).toEqual([]);
    await handler.finish('0/1');

    expect(await reaches(lanes, at(0, 2))).toEqual([at(0, 2)]);
  });

  it('are 64 bits wide', async () => {
    const lanes = makeLanes();
    const offset = 9_007_199_254_740_993n;
    const [record] = batchOf(0, 0).records;

    lanes.offer({
      ...batchOf(0, 0),
      records: [{ ...(record as NonNullable<typeof record>), offset }],
      fetchedOffset: offset,
      lastOffset: offset,
      highWatermark: offset + 1n,
    });
    await handler.finish(`0/${offset}`);

    await eventually('the position', () => lanes.uncommitted()[0]?.offset === offset + 1n);
  });
});
