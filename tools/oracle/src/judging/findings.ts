import type { History } from '../history.js';
import type { Contradiction, ContradictionCode } from '../report.js';
import type { CaseFile } from './case-file.js';

/** What was found while judging. */
export class Findings {
  readonly contradictions: Contradiction[] = [];
  readonly unfinished: string[];
  readonly allowedDoubles: string[] = [];

  constructor(readonly history: History) {
    this.unfinished = [...history.unfinished];
  }

  /** Something is there that must not be. */
  wrong(code: ContradictionCode, orderId: string | undefined, sentence: string): void {
    this.contradictions.push({ code, ...(orderId !== undefined && { orderId }), sentence });
  }

  /** Something is not there: a contradiction only where nothing is under way that may bring it. */
  missing(code: ContradictionCode, { orderId, deadLetters, outbox }: CaseFile, sentence: string): void {
    // Said already, with what to do about it.
    if (deadLetters.length > 0 || outbox.some(({ problem }) => problem !== undefined)) return;
    if (this.history.unfinished.length > 0 || outbox.length > 0) this.unfinished.push(sentence);
    else this.wrong(code, orderId, sentence);
  }
}
