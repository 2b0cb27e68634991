/** `kept`: the shop kept its word · `broken`: it did not · `unfinished`: it is not known yet. */
export type Verdict = 'kept' | 'broken' | 'unfinished';

export interface Report {
  readonly verdict: Verdict;
  readonly counts: Counts;
  readonly contradictions: readonly Contradiction[];
  /** What is still under way, in sentences. */
  readonly unfinished: readonly string[];
  /** Mails that went out twice because of a fault, in sentences. */
  readonly allowedDoubles: readonly string[];
  /** What could not be judged, in sentences. */
  readonly leftOut: readonly string[];
  /** All that is known of the order of the first contradiction, by time. */
  readonly timeline: readonly string[];
}

export interface Contradiction {
  readonly code: ContradictionCode;
  readonly orderId?: string;
  /** What was expected, and what was found where. */
  readonly sentence: string;
}

export type ContradictionCode =
  | 'LOST'
  | 'NOT_AS_TOLD'
  | 'NO_EVENT'
  | 'EVENT_WITHOUT_ORDER'
  | 'EVENT_WITHOUT_CHARGE'
  | 'TWO_IDENTITIES'
  | 'CHARGE_WITHOUT_ORDER'
  | 'NO_CHARGE'
  | 'CHARGED_TWICE'
  | 'CAPTURED_AND_DECLINED'
  | 'WRONG_AMOUNT'
  | 'WRONG_PAYMENT'
  | 'WRONG_STATUS'
  | 'NO_MAIL'
  | 'MAIL_TWICE'
  | 'MAIL_ASTRAY'
  | 'MAIL_WITHOUT_CAUSE'
  | 'OUT_OF_ORDER'
  | 'NOT_COUNTED'
  | 'WRONG_SUM'
  | 'DEAD_LETTER'
  | 'SET_ASIDE';

/** Of the orders that were judged, where nothing else is said. */
export interface Counts {
  /** Answers that customers had, where they were written down. */
  readonly answers: number;
  readonly orders: number;
  readonly captured: number;
  readonly declined: number;
  readonly mails: number;
  /** First copies. */
  readonly events: number;
  /** Further copies, with the identity of the first. */
  readonly duplicates: number;
  readonly attempts: number;
  readonly faults: number;
  /** Orders that others than our services have said something of: not judged. */
  readonly foreignOrders: number;
  /** Those of no order that was judged. */
  readonly otherDeadLetters: number;
}

/** 0: kept, 1: broken, 2: not known yet. */
export const exitCodeOf = ({ verdict }: Pick<Report, 'verdict'>): 0 | 1 | 2 => EXIT_CODES[verdict];

const EXIT_CODES = { kept: 0, broken: 1, unfinished: 2 } as const;
