import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { INJECTORS } from '../faults/index.js';
import type { Injector, Surroundings } from '../faults/injector.js';
import { KIND_NAMES } from '../schedule/kinds.js';
import { type Fault, goTogether, scheduleOf } from '../schedule/schedule.js';
import { Conductor } from './conductor.js';
import { JsonLines } from './json-lines.js';

const place = { replicas: { orders: ['orders-1'], billing: ['billing-1', 'billing-2'] }, nodes: ['kafka-1'] };

describe('the conductor of a run', () => {
  let folder: string;
  let open: Set<Fault>;
  let seenAtOnce: Fault[][];
  const told: string[] = [];
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'chaos-'));
    open = new Set();
    seenAtOnce = [];
    told.length = 0;
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** Takes some turns, and notes what else is there meanwhile. */
  const noting: Injector = async (fault) => {
    open.add(fault);
    seenAtOnce.push([...open]);
    for (let turns = fault.seed % 50; turns > 0; turns--) await turn();
    open.delete(fault);
    return 'noted';
  };
  const conductor = (injector: Injector, overlap: number, signal = new AbortController().signal, faults = 60) =>
    new Conductor({
      schedule: scheduleOf({ seed: 7, faults, kinds: KIND_NAMES, place }).map((fault) => ({ ...fault, afterMs: 0 })),
      overlap,
      injectors: Object.fromEntries(KIND_NAMES.map((kind) => [kind, injector])) as typeof INJECTORS,
      around: { signal } as Surroundings,
      log: new JsonLines(path.join(folder, 'faults.jsonl')),
      say: (line) => void told.push(line),
    });
  const logged = (): { kind: string; at: string; until: string; note: string }[] =>
    readFileSync(path.join(folder, 'faults.jsonl'), 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as { kind: string; at: string; until: string; note: string });

  it('does every fault, and has at most so many at once, none of which touch the same', async () => {
    await conductor(noting, 2).run();

    expect(logged()).toHaveLength(60);
    expect(Math.max(...seenAtOnce.map(({ length }) => length))).toBe(2);
    for (const [one, other] of seenAtOnce) expect(!one || !other || goTogether(one, other)).toBe(true);
  });

  it('does one fault after another where that is asked for', async () => {
    await conductor(noting, 1).run();

    expect(seenAtOnce.every(({ length }) => length === 1)).toBe(true);
  });

  it('goes on after a fault that could not be done, and says so', async () => {
    const failing: Injector = ({ number }) =>
      number === 2 ? Promise.reject(new Error('billing-1 is not ready')) : Promise.resolve('done');
    const run = conductor(failing, 2, undefined, 4);

    await run.run();

    expect(run.failures).toEqual([expect.stringMatching(/^#2 [\w-]+ .*: billing-1 is not ready$/)]);
    expect(logged()).toHaveLength(4);
  });

  it('begins nothing more once the run is given up', async () => {
    const giveUp = new AbortController();
    const run = conductor(
      (fault) => {
        if (fault.number === 3) giveUp.abort();
        return Promise.resolve('done');
      },
      1,
      giveUp.signal,
    );

    await run.run();

    expect(logged()).toHaveLength(3);
    expect(run.failures).toEqual([]);
  });
});
