import { Random } from '../schedule/random.js';

/** The body of `POST /orders`. */
export interface Wish {
  readonly customerEmail: string;
  readonly card: string;
  readonly lines: readonly { readonly sku: string; readonly quantity: number }[];
}

/** What one customer orders, and how it behaves. */
export interface Plan {
  readonly key: string;
  readonly wish: Wish;
  /** Gives the first answer up after so many ms, and asks again. */
  readonly impatientMs: number | undefined;
  /** Asks once more after the answer, as one who has lost it. */
  readonly forgets: boolean;
  readonly random: Random;
}

const SKUS = ['tea', 'coffee', 'mug'];
/** One in so many. */
const DECLINED = 7;
const IMPATIENT = 12;
const FORGETS = 10;

/**
 * The wish of a run's customer number `index`. The seed decides all of it but the names: two runs of one seed order the same
 * goods as different customers, under different keys.
 */
export function planOf(seed: number, run: string, index: number): Plan {
  const random = new Random(seed ^ Math.imul(index + 1, 0x9e3779b1));
  const oneIn = (many: number): boolean => random.between(1, many) === 1;
  const skus = random.shuffled(SKUS).slice(0, random.between(1, 2));
  const card = oneIn(DECLINED) ? 'tok_declined' : 'tok_visa';
  return {
    key: `chaos-${run}-${index}`,
    wish: {
      customerEmail: `chaos-${run}-${index}@example.org`,
      card,
      lines: skus.map((sku) => ({ sku, quantity: random.between(1, 3) })),
    },
    impatientMs: oneIn(IMPATIENT) ? random.between(2, 60) : undefined,
    forgets: oneIn(FORGETS),
    random,
  };
}
