import { describe, expect, it } from '@jest/globals';
import { getEventListeners } from 'node:events';
import { eventually } from '../testing/eventually.js';
import { type Call, TimeLimits } from './time-limits.js';

const limits = new TimeLimits(30);
const over = new Error('over');

const callOf = (lost = new AbortController().signal) => {
  const abandoned: Error[] = [];
  const call: Call = {
    lost,
    overLimit: () => over,
    abandoned: (error) => abandoned.push(error),
    onTrail: (work) => work(),
  };
  return { call, abandoned };
};

describe('a call of a handler', () => {
  it('hears by its signal that its time is over, and is abandoned after the grace', async () => {
    const { call, abandoned } = callOf();
    const running = limits.begin(20, call);
    const { signal } = running;

    await eventually('abandoned', () => abandoned.length > 0);

    expect(signal.reason).toBe(over);
    expect(abandoned).toEqual([over]);
  });

  it('hears it also where it asks late', async () => {
    const { call } = callOf();
    const running = limits.begin(20, call);

    await eventually('expired', () => running.expired);

    expect(running.signal.aborted).toBe(true);
    limits.end(20, running);
  });

  it('that ends in time hears nothing, and does not hide one that began later', async () => {
    const short = callOf();
    const long = callOf();
    const first = limits.begin(40, short.call);
    const second = limits.begin(40, long.call);
    limits.end(40, first);

    await eventually('abandoned', () => long.abandoned.length > 0);

    expect(second.expired).toBe(over);
    expect(first.expired).toBeUndefined();
    expect(short.abandoned).toEqual([]);
  });

  it('that ends within the grace is not abandoned', async () => {
    const { call, abandoned } = callOf();
    const later = callOf();
    const running = limits.begin(20, call);
    await eventually('expired', () => running.expired);

    limits.end(20, running);
    limits.begin(20, later.call);
    await eventually('one that began later is', () => later.abandoned.length > 0);

    expect(abandoned).toEqual([]);
  });

  it('hears that its partition is lost, and leaves no listener behind', () => {
    const lost = new AbortController();
    const [one, other, neverAsked] = [0, 1, 2].map(() => limits.begin(10_000, callOf(lost.signal).call));
    const signals = [one?.signal, other?.signal];
    expect(getEventListeners(lost.signal, 'abort')).toHaveLength(2);

    if (one) limits.end(10_000, one);
    lost.abort(new Error('revoked'));

    expect(signals.map((signal) => signal?.aborted)).toEqual([false, true]);
    expect(signals[1]?.reason).toEqual(new Error('revoked'));
    expect(neverAsked?.signal.reason).toEqual(new Error('revoked'));
    expect(getEventListeners(lost.signal, 'abort')).toHaveLength(0);
  });
});
