import { home } from '@fieldguide/infra';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Accepted, Fault, Money } from '../history.js';

/** A line of `chaos/orders.jsonl`: the last that a customer was told. */
interface Told {
  readonly at: string;
  readonly key: string;
  readonly status: number;
  readonly orderId?: string;
  readonly total?: Money;
}

/** What chaos has done to the shop of this home. */
export const readFaults = (): Fault[] => linesOf<Fault>('faults.jsonl');

/** What chaos' customers were told of their orders. */
export function readAccepted(): Accepted[] {
  return linesOf<Told>('orders.jsonl').flatMap(({ at, key, status, orderId, total }) =>
    (status === 200 || status === 201) && orderId && total ? [{ at, key, orderId, total }] : [],
  );
}

function linesOf<T>(name: string): T[] {
  const file = path.join(home(), 'chaos', name);
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .flatMap((line) => parse<T>(line));
}

function parse<T>(line: string): T[] {
  try {
    return [JSON.parse(line) as T];
  } catch {
    return []; // the empty one after the last, or one that a kill cut off
  }
}
