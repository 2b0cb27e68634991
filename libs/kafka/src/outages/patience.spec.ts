import { afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { DependencyDownError } from '../errors.js';
import { classify } from '../errors-and-retries/classify.js';
import type { LaneControl } from '../handling/lane-control.js';
import { KafkaHealth } from '../health/kafka-health.js';
import { recordAt } from '../testing/records.js';
import { Breaker } from './breaker.js';
import { type Failed, Patience } from './patience.js';

const down = new DependencyDownError('the provider');
const failure = new Error('not now');

let now = 0;

/** A lane whose pauses are over at once, by a clock of its own; tells what it was asked. */
class LaneUnderTest implements LaneControl {
  readonly lost = new AbortController().signal;
  readonly asked: string[] = [];
  frozen = false;
  held = false;
  /** What the next ones do that are tried in place of this; none: there is no other. */
  others: (() => void)[] = [];

  pause(ms: number): Promise<boolean> {
    now += ms;
    if (ms > 0) this.asked.push(`pause ${ms}`);
    return Promise.resolve(!this.frozen);
  }
  hold(): (() => void) | undefined {
    if (this.held) return undefined;
    this.asked.push('hold');
    return () => void this.asked.push('release');
  }
  released(): Promise<boolean> {
    this.asked.push('wait');
    return Promise.resolve(!this.frozen);
  }
  tryAnother(): Promise<boolean> {
    const other = this.others.shift();
    if (!other) return Promise.resolve(false);
    this.asked.push('another');
    other();
    return Promise.resolve(true);
  }
}

let lane: LaneUnderTest;
let breaker: Breaker;
let health: KafkaHealth;

beforeAll(() => void Logger.overrideLogger(false));
beforeEach(() => {
  jest.spyOn(performance, 'now').mockImplementation(() => now);
  lane = new LaneUnderTest();
  breaker = new Breaker(true, () => undefined);
  health = new KafkaHealth();
});

afterEach(() => void jest.restoreAllMocks());

const patienceWith = (facts: Partial<Failed> = {}): Patience => {
  const failed = { record: recordAt(1), lane, breaker, name: 'Charge.handle', pausesMs: [10, 20] };
  return new Patience({ ...failed, keepsOrder: false, isRetry: false, ...facts }, health, classify);
};

async function failing(patience: Patience, error: Error, times: number): Promise<string> {
  let next = '';
  for (let attempt = 1; attempt <= times; attempt++) next = await patience.next(error, attempt);
  return next;
}

const failsAlike = () => void breaker.failed('another', 'Error: not now');
const getsThrough = () => breaker.gotThrough(breaker.trouble);

describe('an event whose dependency is down', () => {
  it('is asked for again and again, five seconds apart at most, while its lane is held', async () => {
    const patience = patienceWith();

    expect(await failing(patience, down, 7)).toBe('again');

    expect(lane.asked).toEqual(['hold', ...[200, 500, 1_000, 2_000, 5_000, 5_000, 5_000].map((ms) => `pause ${ms}`)]);
    expect(health.report().reasons).toEqual([`${recordAt(1).topic} waits: the provider is down`]);
    patience.end();
    expect(lane.asked.at(-1)).toBe('release');
    expect(health.report().reasons).toEqual([]);
  });

  it('asks by the clock alone once others get through and it does not', async () => {
    const patience = patienceWith();
    const wakes: (AbortSignal | undefined)[] = [];
    const pause = lane.pause.bind(lane);
    lane.pause = (ms: number, wake?: AbortSignal) => {
      wakes.push(wake);
      return pause(ms);
    };

    for (let attempt = 1; attempt <= 4; attempt++) {
      await patience.next(down, attempt);
      getsThrough();
    }

    expect(wakes.map((wake) => wake !== undefined)).toEqual([true, false, false, false]);
    expect(lane.asked).toEqual(['hold', 'pause 200', 'pause 500', 'pause 1000', 'pause 2000']);
  });

  it('waits for the one of its lane that asks already', async () => {
    lane.held = true;

    expect(await patienceWith().next(down, 1)).toBe('again');

    expect(lane.asked).toEqual(['wait']);
  });

  it('is given back where the lane was frozen meanwhile', async () => {
    lane.frozen = true;

    expect(await patienceWith().next(down, 1)).toBe('interrupted');
    lane.held = true;
    expect(await patienceWith().next(down, 1)).toBe('interrupted');
  });

  it('in a retry topic holds up no other: its lane is of many handlers', async () => {
    expect(await patienceWith({ isRetry: true }).next(down, 1)).toBe('again');

    expect(lane.asked).toEqual(['pause 200']);
  });

  it('begins its attempts in place anew when it fails of something else', async () => {
    const patience = patienceWith();
    await failing(patience, down, 2);

    await failing(patience, failure, 2);

    expect(lane.asked.slice(-3)).toEqual(['release', 'pause 10', 'pause 20']);
  });
});

describe('an event that has had its attempts in place', () => {
  it('leaves its lane where no other can be tried', async () => {
    expect(await failing(patienceWith(), failure, 3)).toBe('later');
  });

  it('stays where another of its lane fails alike, and the lane waits', async () => {
    lane.others = [failsAlike];

    expect(await failing(patienceWith(), failure, 3)).toBe('again');

    expect(lane.asked).toEqual(['pause 10', 'pause 20', 'another', 'pause 470', 'hold', 'pause 200']);
    expect(health.report().reasons).toEqual([
      `${recordAt(1).topic} waits: messages fail alike, and none gets through: not now`,
    ]);
  });

  it('is not passed by others any more where enough have failed alike', async () => {
    for (const other of ['b', 'c', 'd', 'e']) breaker.failed(other, 'Error: not now');
    lane.others = [failsAlike, failsAlike];

    expect(await failing(patienceWith(), failure, 6)).toBe('again');

    expect(lane.asked).toEqual(['pause 10', 'pause 20', 'hold', 'pause 200', 'pause 500', 'pause 1000', 'pause 2000']);
  });

  it('leaves where another gets through', async () => {
    lane.others = [getsThrough];

    expect(await failing(patienceWith(), failure, 3)).toBe('later');
  });

  it('leaves after another round where others get through while it waits', async () => {
    lane.others = [failsAlike];
    const patience = patienceWith();
    expect(await failing(patience, failure, 3)).toBe('again');
    lane.others = [getsThrough];

    expect(await failing(patience, failure, 1)).toBe('again');
    expect(await failing(patience, failure, 3)).toBe('later');

    expect(lane.asked.slice(4)).toEqual(['hold', 'pause 200', 'another', 'release', 'pause 10', 'pause 20']);
  });

  it('is given back where the lane is frozen while another gets through', async () => {
    lane.others = [failsAlike];
    const patience = patienceWith();
    await failing(patience, failure, 3);
    const freeze = () => void (lane.frozen = true);
    lane.others = [
      () => {
        getsThrough();
        freeze();
      },
    ];

    expect(await patience.next(failure, 4)).toBe('interrupted');
  });

  it('leaves at once where others get through after some that fail alike', async () => {
    lane.others = [failsAlike, getsThrough];

    expect(await failing(patienceWith(), failure, 3)).toBe('later');

    expect(lane.asked).toEqual(['pause 10', 'pause 20', 'another', 'another']);
  });

  it('leaves after another round where nothing confirms for a minute that others fail alike', async () => {
    lane.others = [failsAlike];
    const patience = patienceWith();
    await failing(patience, failure, 3);
    now += 60_001;

    expect(await patience.next(failure, 4)).toBe('again');
    expect(await failing(patience, failure, 3)).toBe('later');
  });

  it('waits a moment where others have just failed alike and none can be tried, for one of them may get through', async () => {
    const patience = patienceWith({ pausesMs: [] });
    failsAlike();

    expect(await patience.next(failure, 1)).toBe('again');

    expect(lane.asked).toEqual(['pause 500', 'hold', 'pause 200']);
  });

  it('lets no other pass where its order is kept', async () => {
    lane.others = [failsAlike];

    expect(await failing(patienceWith({ keepsOrder: true }), failure, 3)).toBe('later');

    expect(lane.asked).toEqual(['pause 10', 'pause 20']);
  });

  it('is given back where the lane is frozen and nobody knows', async () => {
    const patience = patienceWith({ pausesMs: [] });
    lane.frozen = true;

    expect(await patience.next(failure, 1)).toBe('interrupted');
  });

  it('in a retry topic goes on, and is no sign of an outage', async () => {
    const retry = patienceWith({ isRetry: true, pausesMs: [] });

    expect(await retry.next(failure, 4)).toBe('later');
    expect(await patienceWith({ record: recordAt(2), isRetry: true, pausesMs: [] }).next(failure, 4)).toBe('later');

    expect(breaker.trouble).toBeUndefined();
  });

  it('in a retry topic goes on where the lane is frozen, too: its attempt counts', async () => {
    lane.frozen = true;

    expect(await patienceWith({ isRetry: true, pausesMs: [] }).next(failure, 2)).toBe('later');
  });

  it('in a retry topic waits for an outage that explains it', async () => {
    failsAlike();
    breaker.failed('a third', 'Error: not now');
    for (const other of ['c', 'd', 'e']) breaker.failed(other, 'Error: not now');
    breaker.judge('another', 'Error: not now');

    expect(await patienceWith({ isRetry: true, pausesMs: [] }).next(failure, 4)).toBe('again');
  });
});
