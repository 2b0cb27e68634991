import { home } from '@fieldguide/infra';
import type { Attempt } from '@fieldguide/payment-provider';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The payment provider's ledger, when the provider itself has ended. */
export function readCharges(orderId: string): Attempt[] {
  const lines = readFileSync(join(home(), 'payment-provider', 'charges.jsonl'), 'utf8')
    .trim()
    .split('\n');
  return lines.map((line) => JSON.parse(line) as Attempt).filter((attempt) => attempt.orderId === orderId);
}
