import { setTimeout as pause } from 'node:timers/promises';
import type { Plan } from './wish.js';

/** The last thing that a customer was told. */
export interface Answer {
  /** 0: no answer came in time, and the order may be there or not. */
  readonly status: number;
  readonly orderId?: string;
  readonly total?: unknown;
  /** How often it was asked until then. */
  readonly attempts: number;
}

export interface Asking {
  /** Where orders can be placed; asked again before each attempt, as replicas come and go. */
  readonly urls: () => readonly string[];
  /** Customers come back until it fires. */
  readonly patience: AbortSignal;
}

const ATTEMPT_WITHIN_MS = 5_000;
const LONGEST_PAUSE_MS = 2_000;

/**
 * Orders as a good customer does: comes back with the same key and body after a refused or reset connection, silence, 409
 * and 5xx, at whichever replica is next. Any other answer is final.
 */
export async function place(plan: Plan, { urls, patience }: Asking): Promise<Answer> {
  const first = plan.random.between(0, 1_000);
  for (let attempt = 1; ; attempt++) {
    const withinMs = attempt === 1 ? (plan.impatientMs ?? ATTEMPT_WITHIN_MS) : ATTEMPT_WITHIN_MS;
    const answer = await ask(() => nextOf(urls(), first + attempt), plan, withinMs);
    const { retryAfterMs = 0, ...told } = answer;
    if (isFinal(told.status)) return { ...told, attempts: attempt };
    const waitMs = Math.min(50 * 2 ** attempt, LONGEST_PAUSE_MS) * (0.5 + plan.random.next() / 2);
    await pause(Math.max(waitMs, retryAfterMs), undefined, { signal: patience }).catch(() => undefined);
    if (patience.aborted) return { status: 0, attempts: attempt };
  }
}

const isFinal = (status: number): boolean => status > 0 && status < 500 && status !== 409;

const nextOf = (urls: readonly string[], turn: number): string => urls[turn % urls.length] ?? '';

interface Told extends Omit<Answer, 'attempts'> {
  readonly retryAfterMs?: number;
}

async function ask(url: () => string, { key, wish }: Plan, withinMs: number): Promise<Told> {
  try {
    const response = await fetch(`${url()}/orders`, {
      method: 'POST',
      signal: AbortSignal.timeout(withinMs),
      headers: { 'content-type': 'application/json', 'idempotency-key': key },
      body: JSON.stringify(wish),
    });
    const { orderId, total } = (await response.json()) as { orderId?: string; total?: unknown };
    const retryAfterMs = Number(response.headers.get('retry-after') ?? 0) * 1_000;
    return { status: response.status, retryAfterMs, ...(orderId !== undefined && { orderId, total }) };
  } catch {
    return { status: 0 };
  }
}
