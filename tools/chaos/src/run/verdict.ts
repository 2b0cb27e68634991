import type { ShopControl } from '@fieldguide/replicas';
import type { Outcome } from './run.js';

export interface Verdict {
  /** 0: the shop kept its word, 1: it did not, 2: it is not known. */
  readonly code: 0 | 1 | 2;
  readonly words: string;
}

/** What customers were told, and what the oracle says. */
export function judge({ contradictions }: Outcome, _control: ShopControl, _signal: AbortSignal): Promise<Verdict> {
  const words = contradictions.length > 0 ? contradictions.join('\n') : 'No oracle in this build.';
  return Promise.resolve({ code: contradictions.length > 0 ? 1 : 2, words });
}
