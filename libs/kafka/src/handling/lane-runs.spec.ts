import { beforeEach, describe, expect, it } from '@jest/globals';
import type { ConsumedRecord } from '../client/index.js';
import { eventually } from '../testing/eventually.js';
import { HandlerUnderTest } from '../testing/handler-under-test.js';
import { batchOf, TOPIC } from '../testing/records.js';
import type { RunControl, RunResult } from './lane.js';
import { Lanes } from './lanes.js';

const MOST = 4;

/** Handles runs when the spec says so: each is named by the offsets of its first and last record. */
class RunsUnderTest {
  readonly most = MOST;
  /** Every run, in order. */
  readonly begun: string[] = [];
  lane: RunControl | undefined;
  #running: { readonly end: (result: RunResult) => void; readonly fail: (error: Error) => void } | undefined;

  handle = (records: readonly ConsumedRecord[], lane: RunControl): Promise<RunResult> =>
    new Promise((end, fail) => {
      this.begun.push(`${records[0]?.offset}-${records.at(-1)?.offset}`);
      this.lane = lane;
      this.#running = { end, fail };
    });

  async end(settled: number, ...next: number[]): Promise<void> {
    (await this.#take()).end({ settled, next });
  }

  async break(error: Error): Promise<void> {
    (await this.#take()).fail(error);
  }

  async #take() {
    const running = await eventually('a run', () => this.#running);
    this.#running = undefined;
    return running;
  }
}

let handler: HandlerUnderTest;
let runs: RunsUnderTest;
let broken: Error[];

beforeEach(() => {
  handler = new HandlerUnderTest();
  runs = new RunsUnderTest();
  broken = [];
});

function makeLanes(): Lanes {
  const source = { pause: () => undefined, resume: () => undefined, seek: () => undefined };
  const lanes = new Lanes(handler.handle, source, {
    refetches: true,
    runsOf: () => runs,
    onProgress: () => undefined,
    onBroken: (error) => broken.push(error),
  });
  lanes.assign(new Map([[TOPIC, [0]]]), false);
  return lanes;
}

const position = (lanes: Lanes): number => Number(lanes.uncommitted()[0]?.offset ?? 0);
const reaches = (lanes: Lanes, offset: number) => eventually(`position ${offset}`, () => position(lanes) === offset);
const begins = (run: string) => eventually(`run ${run}`, () => runs.begun.at(-1) === run);

describe('a lane that hands out runs', () => {
  it('hands out what waits, as many as may be, and leaves them behind together', async () => {
    const lanes = makeLanes();

    lanes.offer(batchOf(0, 5));
    await begins('0-3');
    expect(position(lanes)).toBe(0);
    await runs.end(4);
    await runs.end(2);

    await reaches(lanes, 6);
    expect(runs.begun).toEqual(['0-3', '4-5']);
    expect(handler.begun).toEqual([]);
  });

  it('hands out one alone where no other waits', async () => {
    const lanes = makeLanes();

    lanes.offer(batchOf(0, 0));
    await handler.finish('0/0');

    await reaches(lanes, 1);
    expect(runs.begun).toEqual([]);
  });

  it('handles again what a run did not settle, in its order', async () => {
    const lanes = makeLanes();

    lanes.offer(batchOf(0, 4));
    await runs.end(1);
    await begins('1-4');
    await runs.end(4);

    await reaches(lanes, 5);
    expect(runs.begun).toEqual(['0-3', '1-4']);
  });

  it('makes the next runs as large as it is told, and then as large as they may be', async () => {
    const lanes = makeLanes();

    lanes.offer(batchOf(0, 8));
    await runs.end(0, 2, 1);
    await begins('0-1');
    await runs.end(2);
    await handler.finish('0/2');
    await begins('3-6');
    await runs.end(4);
    await runs.end(2);

    await reaches(lanes, 9);
    expect(runs.begun).toEqual(['0-3', '0-1', '3-6', '7-8']);
  });

  it('splits what it has split already', async () => {
    const lanes = makeLanes();

    lanes.offer(batchOf(0, 3));
    await runs.end(0, 3, 1);
    await begins('0-2');
    await runs.end(0, 2, 1);
    await begins('0-1');
    await runs.end(2);
    await handler.finish('0/2', '0/3');

    await reaches(lanes, 4);
    expect(runs.begun).toEqual(['0-3', '0-2', '0-1']);
  });

  it('begins no run while it is frozen, and says so to the one that runs', async () => {
    const lanes = makeLanes();
    lanes.offer(batchOf(0, 7));
    await begins('0-3');

    lanes.freeze();
    expect(runs.lane?.frozen).toBe(true);
    await runs.end(2);
    await lanes.settle(1_000);

    expect(position(lanes)).toBe(2);
    expect(runs.begun).toEqual(['0-3']);
  });

  it('reads again after a rebalance what a run gave back, and nothing that it settled', async () => {
    const lanes = makeLanes();
    lanes.offer(batchOf(0, 3));
    await begins('0-3');
    lanes.freeze();

    lanes.assign(new Map([[TOPIC, [0]]]), false);
    await runs.end(2, 1);
    await reaches(lanes, 1);
    lanes.offer(batchOf(0, 5));
    await handler.finish('0/2');
    await begins('3-5');
    await runs.end(3);

    await reaches(lanes, 6);
  });

  it('forgets what a run comes to once the partition is lost', async () => {
    const lanes = makeLanes();
    lanes.offer(batchOf(0, 3));
    await begins('0-3');

    lanes.assign(new Map(), false);
    expect(runs.lane?.lost.aborted).toBe(true);
    await runs.end(4);

    expect(lanes.uncommitted()).toEqual([]);
  });

  it('stands still where a run breaks, which it never should', async () => {
    const lanes = makeLanes();
    lanes.offer(batchOf(0, 3));

    await runs.break(new Error('a mistake'));
    await lanes.settle(1_000);

    expect(broken).toEqual([new Error('a mistake')]);
    expect(position(lanes)).toBe(0);
  });
});
