import { type Cell, CPU, type Metric, RATE, type Side } from './cell.js';

const low = (name: string, unit: string): Metric => ({ name, unit, best: 'low' });

/** 5 ms of I/O in the handler; one message in ten fails at its first attempt, where nothing else is said. */
const side = (
  name: string,
  options: Side['options'],
  [warmUp, measured]: readonly [number, number],
  program = 'ours/failing',
): Side => ({ name, program, options: { ioMs: 5, failing: true, ...options }, warmUp, measured });

const shape = { partitions: 4, keys: 400, topic: 'preload' } as const;
const many = [400, 4_000] as const;
const more = [400, 8_000] as const;
const few = [100, 1_200] as const;
const side1s = { policy: 'retry-topics', delayMs: 1_000 };
/** Without the breaker, which tries some once more in between: what is measured is one policy. */
const alone = { ...side1s, breaker: false };

export const retryLateness: Cell = {
  ...shape,
  name: 'retry-lateness',
  title: 'one event in ten fails once and comes again through a retry topic: how long after it was due',
  rounds: 1,
  // Of a tail of some milliseconds two runs say little about the machine.
  control: false,
  sides: [side('ours, due after 1 s', alone, more), side('ours, due after 10 s', { ...alone, delayMs: 10_000 }, more)],
  metrics: [low('lateP99', 'ms late, p99'), low('lateP50', 'ms late, p50'), RATE],
  targets: [
    { metric: 'lateP99', side: 'ours, due after 1 s', atMost: 100 },
    { metric: 'lateP99', side: 'ours, due after 10 s', atMost: 100 },
  ],
};

export const failingTenth: Cell = {
  ...shape,
  name: 'failing-tenth',
  title: 'a handler with 5 ms of I/O, one message in ten fails once: what the others notice',
  sides: [
    side('ours, a tenth fails', side1s, more),
    side('ours, nothing fails', { ...side1s, failing: false }, more),
    side('ours, a tenth fails, default policy', { policy: 'default' }, few),
  ],
  metrics: [RATE, CPU],
  targets: [{ metric: 'rate', side: 'ours, a tenth fails', versus: 'ours, nothing fails', atLeast: 0.9 }],
};

export const policies: Cell = {
  ...shape,
  name: 'policies',
  title:
    'what becomes of messages that fail once, one in ten, and of the others; a dependency that is away for a second',
  rounds: 1,
  aftermath: true,
  sides: [
    side('ours, retry topics', alone, many),
    side('ours, in place', { policy: 'in-place' }, few),
    side('ours, in place, concurrency 16', { policy: 'in-place-by-key' }, [2_000, 16_000]),
    side('ours, keep order', { policy: 'keep-order' }, few),
    side('ours, pause: a dependency is away', { policy: 'default', outageMs: 1_000 }, many),
    side('@EventPattern, re-emit', {}, many, 'stock/re-emit'),
    side('ours, nothing fails', { ...side1s, failing: false }, many),
  ],
  metrics: [
    RATE,
    low('waitP50', 'ms until it passes, p50'),
    low('overtaken', 'of 1 000, overtaken within their key'),
    low('elsewhere', 'of 1 000, handled additionally by another group'),
    low('extra', 'of 1 000, extra records'),
  ],
  targets: [],
};
