import { check, exitCodeOf, inWords, readHistory, type Report } from '@fieldguide/oracle';
import type { ShopControl } from '@fieldguide/replicas';
import type { Outcome } from './run.js';

export interface Verdict {
  /** 0: the shop kept its word, 1: it did not, 2: it is not known. */
  readonly code: 0 | 1 | 2;
  readonly words: string;
  readonly report: Report;
}

/** The last retry topic waits for a minute. */
const SETTLED_WITHIN_MS = 240_000;

/** What customers were told, and what the oracle finds. */
export async function judge(outcome: Outcome, control: ShopControl): Promise<Verdict> {
  const { begun: since, orderIds, contradictions } = outcome;
  const history = await readHistory(control, { since, waitMs: SETTLED_WITHIN_MS });
  const all = check(history);
  // Orders whose clock was off are not of this time by what they say: they are judged by name.
  const named = check({ ...history, judged: { orders: orderIds } });
  const report = all.verdict === 'kept' ? named : all;
  const code = contradictions.length > 0 ? 1 : exitCodeOf(report);
  return { code, report, words: [inWords(report), ...contradictions].join('\n') };
}
