import { describe, expect, it } from '@jest/globals';
import { KIND_NAMES, KINDS, type Place } from './kinds.js';
import { type Fault, goTogether, kindsOf, scheduleOf } from './schedule.js';

const place: Place = {
  replicas: { orders: ['orders-1', 'orders-2'], billing: ['billing-1', 'billing-2'], analytics: ['analytics-1'] },
  nodes: ['kafka-1'],
};
const short = kindsOf(place, { long: false });
const planned = (seed: number, faults = 15): readonly Fault[] => scheduleOf({ seed, faults, kinds: short, place });

describe('a schedule of faults', () => {
  it('is the same for the same seed, and another one for another seed', () => {
    expect(planned(7)).toEqual(planned(7));
    expect(planned(7)).not.toEqual(planned(8));
  });

  it('begins alike however long it is', () => {
    expect(planned(7, 100).slice(0, 15)).toEqual(planned(7));
  });

  it('has each kind of the short form among 15 faults, whatever the seed', () => {
    for (let seed = 1; seed <= 50; seed++) {
      expect(new Set(planned(seed).map(({ kind }) => kind))).toEqual(new Set(short));
    }
  });

  it('comes to each replica before it comes to one again', () => {
    const kills = scheduleOf({ seed: 3, faults: 10, kinds: ['kill'], place }).map(({ target }) => target);

    expect(new Set(kills.slice(0, 5)).size).toBe(5);
    expect(new Set(kills.slice(5)).size).toBe(5);
  });

  it('keeps each fault within the length of its kind', () => {
    for (const { kind, lastsMs } of planned(5, 200)) {
      const [from, to] = KINDS[kind].lastsMs;
      expect(lastsMs).toBeGreaterThanOrEqual(from);
      expect(lastsMs).toBeLessThanOrEqual(to);
    }
  });

  it('leaves leaders alone where there is one broker, and clocks where the run is short', () => {
    const cluster = { ...place, nodes: ['kafka-1', 'kafka-2', 'kafka-3'] };

    expect(KIND_NAMES.filter((kind) => !short.includes(kind))).toEqual(['leader-kill', 'clock']);
    expect(kindsOf(cluster, { long: true })).toEqual(KIND_NAMES);
  });
});

describe('two faults', () => {
  const [some] = planned(1);
  const fault = (kind: Fault['kind'], target: string): Fault => ({ ...(some as Fault), kind, target });

  it('never touch the same service at once', () => {
    expect(goTogether(fault('kill', 'billing-1'), fault('pause', 'billing-2'))).toBe(false);
    expect(goTogether(fault('term', 'billing'), fault('kill', 'billing-2'))).toBe(false);
    expect(goTogether(fault('kill', 'billing-1'), fault('pause', 'orders-2'))).toBe(true);
  });

  it('go together where one takes away what the other one only waits for', () => {
    expect(goTogether(fault('kill', 'billing-1'), fault('broker-kill', 'kafka-1'))).toBe(true);
    expect(goTogether(fault('relay-kill', 'orders'), fault('broker-kill', 'kafka-1'))).toBe(false);
  });
});
