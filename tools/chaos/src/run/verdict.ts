import { check, exitCodeOf, type History, inWords, type Report } from '@fieldguide/oracle';
import type { Outcome } from './run.js';

export interface Verdict {
  /** 0: the shop kept its word, 1: it did not, 2: it is not known. */
  readonly code: 0 | 1 | 2;
  readonly words: string;
  readonly report: Report;
}

/** By what customers were told, and by what the oracle finds in the history of the shop. */
export function judge({ orderIds, contradictions }: Outcome, history: History): Verdict {
  const all = check(history);
  // Where a clock was off, an order's time may be out of what is judged by time: those that were accepted are judged by name.
  const accepted = check({ ...history, judged: { orders: orderIds } });
  const report = all.verdict === 'kept' && accepted.verdict !== 'kept' ? accepted : all;
  const code = contradictions.length > 0 ? 1 : exitCodeOf(report);
  return { code, report, words: [inWords(report), ...contradictions].join('\n') };
}

/** As a command answers: what is kept under fewer faults than were asked for is not known for those that were asked for. */
export function answerOf({ undone }: Pick<Outcome, 'undone'>, { code }: Pick<Verdict, 'code'>): 0 | 1 | 2 {
  return code === 0 && undone.length > 0 ? 2 : code;
}
