import { describe, expect, it } from '@jest/globals';
import { Failing } from './failing.js';
import { accountOf } from './payload.js';
import type { Task } from './task.js';
import { noTrouble, oneInTen, outage, type Trouble } from './trouble.js';

const task = (measured: number, options: Task['options'] = {}): Task => ({
  program: '',
  brokers: [],
  service: 'bench',
  topic: 'bench.sale.v1',
  partitions: 1,
  keys: 1,
  warmUp: 0,
  measured,
  options,
});

const sale = (sequence: number) => ({ account: accountOf(0), sequence });
const broken = (): Error => new Error('broken');
const firstFails: Trouble = ({ sequence }, first) => first && sequence === 0;

const BOTH = [() => 'passed', () => 'failed'] as const;

/** Hands over the messages of one key in this order, and throws nothing. */
async function handled(failing: Failing, ...sequences: readonly number[]): Promise<string[]> {
  const ends: string[] = [];
  for (const sequence of sequences) {
    ends.push(await failing.handle(sale(sequence)).then(...BOTH));
  }
  return ends;
}

describe('a handler of the bench at which messages fail', () => {
  it('has come to its end when all have passed', async () => {
    const failing = new Failing(task(2), firstFails, broken);

    expect(await handled(failing, 0, 0, 1)).toEqual(['failed', 'passed', 'passed']);

    expect(await failing.outcome()).toMatchObject({ metrics: { overtaken: 0 }, problems: [] });
  });

  it('counts what a later message of its key has overtaken, of a thousand', async () => {
    const failing = new Failing(task(4), firstFails, broken);

    await handled(failing, 0, 1, 2, 0, 3);

    expect((await failing.outcome()).metrics).toMatchObject({ overtaken: 250 });
  });

  it('names what has passed twice', async () => {
    const failing = new Failing(task(2), noTrouble, broken);

    await handled(failing, 0, 0, 1);

    expect((await failing.outcome()).problems).toEqual(['1 messages passed and came again']);
  });

  it('names what came before it was due, and how late the others were', async () => {
    const failing = new Failing(task(1, { delayMs: 60_000, breaker: false }), firstFails, broken);

    await handled(failing, 0, 0);

    const { metrics, problems } = await failing.outcome();
    expect(problems).toEqual(['1 messages came before they were due']);
    expect(metrics['lateP99']).toBe((metrics['waitP50'] ?? NaN) - 60_000);
  });

  it('says nothing of waiting where nothing has failed', async () => {
    const failing = new Failing(task(1), noTrouble, broken);

    await handled(failing, 0);

    expect((await failing.outcome()).metrics).not.toHaveProperty('waitP50');
  });
});

describe('what fails', () => {
  it('is one in ten of each key, at its first attempt', () => {
    const failing = Array.from({ length: 20 }, (_, sequence) => oneInTen(sale(sequence), true));

    expect(failing.flatMap((fails, sequence) => (fails ? [sequence] : []))).toEqual([0, 10]);
    expect(oneInTen(sale(0), false)).toBe(false);
  });

  it('is everything while something is away, from a message on', () => {
    const away = outage(3, 60_000);

    expect([0, 1, 2, 3].map((sequence) => away(sale(sequence), true))).toEqual([false, false, true, true]);
    expect(away(sale(2), false)).toBe(true);
    expect(outage(1, 0)(sale(0), true)).toBe(false);
  });
});
