import { keyOf } from './payload.js';

/** What a replica tells of each message, before it is done with it: what is committed has been told. */
export interface Told {
  /** In this story each account has a partition of its own. */
  readonly partition: number;
  readonly sequence: number;
  /** When its handler was called. */
  readonly at: number;
}

export function tell({ account, sequence }: { readonly account: string; readonly sequence: number }): void {
  const told: Told = { partition: keyOf(account), sequence, at: Date.now() };
  process.send?.(told);
}

export const never = (): Promise<never> => new Promise(() => undefined);
