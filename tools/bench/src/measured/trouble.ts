import { keyOf } from './payload.js';

/** What is looked at of a message of the bench. */
export interface Numbered {
  readonly account: string;
  readonly sequence: number;
}

/** Whether a message fails at this moment; `first`: it was not handled before. */
export type Trouble = (sale: Numbered, first: boolean) => boolean;

export const noTrouble: Trouble = () => false;

/** One in ten of each key, once: those around it are fine. */
export const oneInTen: Trouble = ({ account, sequence }, first) => first && (keyOf(account) + sequence) % 10 === 0;

/** All of them, for a while: something that every message needs is away. @param from the so-manieth message is the first */
export function outage(from: number, lastsMs: number): Trouble {
  let came = 0;
  let endsAt = 0;
  return (_, first) => {
    if (first && ++came === from) endsAt = Date.now() + lastsMs;
    return Date.now() < endsAt;
  };
}
