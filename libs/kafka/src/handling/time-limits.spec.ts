import { describe, expect, it } from '@jest/globals';
import { getEventListeners } from 'node:events';
import { eventually } from '../testing/eventually.js';
import { TimedCall, TimeLimits } from './time-limits.js';

const limits = new TimeLimits(30);
const over = new Error('over');

class CallUnderTest extends TimedCall {
  readonly abandoned: Error[] = [];

  protected override overLimit(): Error {
    return over;
  }

  protected override abandon(error: Error): void {
    this.abandoned.push(error);
  }

  protected override onTrail(work: () => void): void {
    work();
  }
}

function begin(limitMs: number, lost = new AbortController().signal): CallUnderTest {
  const call = new CallUnderTest(lost);
  limits.begin(limitMs, call, performance.now());
  return call;
}

describe('a call of a handler', () => {
  it('hears by its signal that its time is over, and is abandoned after the grace', async () => {
    const call = begin(20);
    const { signal } = call;

    await eventually('abandoned', () => call.abandoned.length > 0);

    expect(signal.reason).toBe(over);
    expect(call.abandoned).toEqual([over]);
  });

  it('hears it also where it asks late', async () => {
    const call = begin(20);

    await eventually('expired', () => call.expired);

    expect(call.signal.aborted).toBe(true);
    limits.end(20, call);
  });

  it.each([0, 1, 2])(
    'that ends in time hears nothing, and hides none of the others: number %i of three',
    async (at) => {
      const calls = [begin(40), begin(40), begin(40)];
      const [short] = calls.splice(at, 1);
      if (short) limits.end(40, short);

      await eventually('abandoned', () => calls.every(({ abandoned }) => abandoned.length > 0));

      expect(short?.expired).toBeUndefined();
      expect(short?.abandoned).toEqual([]);
    },
  );

  it('that ends within the grace is not abandoned', async () => {
    const call = begin(20);
    const beside = begin(20);
    await eventually('expired', () => call.expired);

    limits.end(20, call);
    const later = begin(20);
    await eventually('others are', () => later.abandoned.length > 0 && beside.abandoned.length > 0);

    expect(call.abandoned).toEqual([]);
  });

  it('hears that its partition is lost, and leaves no listener behind', () => {
    const lost = new AbortController();
    const calls = [0, 1, 2].map(() => begin(10_000, lost.signal));
    const signals = [calls[0]?.signal, calls[1]?.signal];
    expect(getEventListeners(lost.signal, 'abort')).toHaveLength(2);

    if (calls[0]) limits.end(10_000, calls[0]);
    lost.abort(new Error('revoked'));

    expect(signals.map((signal) => signal?.aborted)).toEqual([false, true]);
    expect(signals[1]?.reason).toEqual(new Error('revoked'));
    expect(calls[2]?.signal.reason).toEqual(new Error('revoked'));
    expect(getEventListeners(lost.signal, 'abort')).toHaveLength(0);
  });
});
