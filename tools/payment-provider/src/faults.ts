import { isRecord } from './charge.js';

/** What the provider was told to do wrong. */
export interface Faults {
  /** Each charge takes this long, before anything is booked. */
  latencyMs: number;
  /** Share of charges, 0 to 1, answered with 500: in turn one before and one after booking. */
  failureRate: number;
  /** Books, then drops the connection. */
  loseAnswers: boolean;
  /** The charging port is closed: connections are refused. */
  down: boolean;
  /** Tokens that are declined, beside tok_declined. */
  declinedCards: string[];
  /** Tokens whose charges are refused with 403: not declined by a bank, and no other attempt helps. */
  refusedCards: string[];
  /** Token → how often each of its charges is answered with 500 before it comes through: in turn before and after booking. */
  failingCards: Record<string, number>;
  /** Which charges fail: the same seed fails the same ones. */
  seed: number;
}

export const NO_FAULTS: Faults = {
  latencyMs: 0,
  failureRate: 0,
  loseAnswers: false,
  down: false,
  declinedCards: [],
  refusedCards: [],
  failingCards: {},
  seed: 1,
};

const rules: { [Fault in keyof Faults]: [fits: (value: unknown) => boolean, expected: string] } = {
  latencyMs: [(value) => Number.isInteger(value) && between(value, 0, 60_000), 'an integer from 0 to 60000'],
  failureRate: [(value) => between(value, 0, 1), 'a number from 0 to 1'],
  loseAnswers: [(value) => typeof value === 'boolean', 'true or false'],
  down: [(value) => typeof value === 'boolean', 'true or false'],
  declinedCards: [isListOfTokens, 'a list of tokens'],
  refusedCards: [isListOfTokens, 'a list of tokens'],
  failingCards: [
    (value) =>
      isRecord(value) && Object.values(value).every((times) => Number.isInteger(times) && between(times, 0, 1_000)),
    'an object of tokens and how often each fails, 0 to 1000',
  ],
  seed: [(value) => Number.isSafeInteger(value), 'an integer'],
};

/** The faults in `body`, which names only those that change, or everything that is wrong with it. */
export function readFaults(body: unknown): Partial<Faults> | string[] {
  const names = Object.keys(rules);
  if (!isRecord(body)) return [`the body must be a JSON object with some of ${names.join(', ')}`];
  const problems = Object.entries(body).flatMap(([name, value]) => {
    const rule = Object.hasOwn(rules, name) ? rules[name as keyof Faults] : undefined;
    if (!rule) return [`${name} is not a fault; there are ${names.join(', ')}`];
    return rule[0](value) ? [] : [`${name} must be ${rule[1]}`];
  });
  return problems.length > 0 ? problems : body;
}

/** Chooses which charges fail, and on which side of the booking. */
export class FailureDice {
  private state: number;
  private failures = 0;

  constructor(seed: number) {
    this.state = seed;
  }

  roll(failureRate: number): 'before' | 'after' | undefined {
    if (this.random() >= failureRate) return undefined;
    return this.failures++ % 2 === 0 ? 'before' : 'after';
  }

  /** mulberry32: Math.random takes no seed. */
  private random(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  }
}

function isListOfTokens(value: unknown): boolean {
  return Array.isArray(value) && value.every((card) => typeof card === 'string');
}

const between = (value: unknown, min: number, max: number): boolean =>
  typeof value === 'number' && value >= min && value <= max;
