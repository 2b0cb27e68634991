import { appendFileSync, existsSync, mkdirSync, readFileSync, truncateSync } from 'node:fs';
import path from 'node:path';
import type { Amount } from './charge.js';

/**
 * `captured`, `declined`: answered so, for the first time · `repeated`: the answer that the key already had ·
 * `conflict`: the key came with another charge · `refused`: unknown or forbidden card · `failed`: answered with 500, or went down
 * while the charge waited · `lost`: decided, and the connection dropped.
 */
export type Outcome = 'captured' | 'declined' | 'repeated' | 'conflict' | 'refused' | 'failed' | 'lost';

/** One request for a charge that reached the provider. */
export interface Attempt {
  at: string;
  key: string;
  orderId: string;
  outcome: Outcome;
  /** The payment, where this attempt or an earlier one of its key made one. */
  paymentId?: string;
  amount: Amount;
  /** Whether this attempt took money: the customer paid once for each `true`. */
  booked: boolean;
}

/** What was decided for a key, and is answered whenever it comes back. */
export interface Decision {
  status: 'captured' | 'declined';
  fingerprint: string;
  orderId: string;
  amount: Amount;
  paymentId?: string;
}

interface Line extends Attempt {
  /** What this attempt decided for its key. */
  decided?: Pick<Decision, 'status' | 'fingerprint'>;
}

/** Every attempt, in a file that is only appended to: what was booked survives the provider itself. */
export class Ledger {
  private readonly file: string;
  private readonly attempts: Attempt[] = [];
  private readonly decisions = new Map<string, Decision>();

  constructor(folder: string) {
    mkdirSync(folder, { recursive: true });
    this.file = path.join(folder, 'charges.jsonl');
    if (existsSync(this.file)) this.read();
  }

  /** Synchronous, so that nothing comes between looking a key up and booking under it. */
  add(attempt: Attempt, decision?: Decision): void {
    const decided = decision && { status: decision.status, fingerprint: decision.fingerprint };
    const line: Line = { ...attempt, ...(decided && { decided }) };
    appendFileSync(this.file, `${JSON.stringify(line)}\n`);
    this.remember(line);
  }

  decision(key: string): Decision | undefined {
    return this.decisions.get(key);
  }

  list(orderId?: string): Attempt[] {
    return orderId === undefined ? this.attempts : this.attempts.filter((attempt) => attempt.orderId === orderId);
  }

  private read(): void {
    const bytes = readFileSync(this.file);
    // A kill in the middle of an append leaves half a line: it was never answered, so it never happened.
    const whole = bytes.lastIndexOf('\n') + 1;
    if (whole < bytes.length) truncateSync(this.file, whole);
    const lines = bytes.toString('utf8', 0, whole).split('\n').slice(0, -1);
    for (const [index, line] of lines.entries()) this.remember(this.parse(line, index + 1));
  }

  private parse(line: string, number: number): Line {
    try {
      return JSON.parse(line) as Line;
    } catch {
      throw new Error(`Line ${number} of the ledger ${this.file} is not JSON: repair it, or move the file away.`);
    }
  }

  private remember({ decided, ...attempt }: Line): void {
    this.attempts.push(attempt);
    const { key, orderId, amount, paymentId } = attempt;
    if (decided) this.decisions.set(key, { ...decided, orderId, amount, ...(paymentId && { paymentId }) });
  }
}
