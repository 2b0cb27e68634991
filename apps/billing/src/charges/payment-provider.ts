import { DependencyDownError, UnrecoverableError } from '@fieldguide/kafka';
import { Injectable } from '@nestjs/common';
import { Config } from '../config.js';
import type { Charge, Decision } from './charge.js';

/** Of one attempt, the answer's body included. */
const LIMIT_MS = 5_000;

/** The payment provider is away, or overloaded: nothing is wrong with this charge, which may be booked or not. */
export class PaymentProviderDownError extends DependencyDownError {
  override readonly code = 'PAYMENT_PROVIDER_DOWN';

  constructor(reason: string, options?: ErrorOptions) {
    super('the payment provider', { ...options, message: `The payment provider gave no answer: ${reason}.` });
  }
}

/** The payment provider failed at this charge. It may have booked it, or not. */
export class PaymentProviderError extends Error {
  readonly code = 'PAYMENT_PROVIDER';
  override readonly name = 'PaymentProviderError';
}

/** Answers that say "not now": request timeout, too many requests, and whatever a gateway says in the provider's place. */
const NOT_NOW = [408, 429, 502, 503, 504];

/** The payment provider's HTTP API. The order's id is the idempotency key: asking again books nothing again. */
@Injectable()
export class PaymentProvider {
  constructor(private readonly config: Config) {}

  /**
   * @throws PaymentProviderDownError, PaymentProviderError where there is no decision: ask again
   * @throws UnrecoverableError where the provider refuses to understand this charge: asking again cannot help
   */
  async charge({ orderId, amount }: Charge, card: string, signal?: AbortSignal): Promise<Decision> {
    const { status, body } = await this.post(orderId, { orderId, card, amount }, signal);
    if (status === 200 || status === 201) return { status: 'captured', paymentId: textOf(body, 'paymentId') };
    if (status === 402) return { status: 'declined', reason: textOf(body, 'reason') };
    if (status === 400 && complainsOfCard(body)) return { status: 'declined', reason: 'card not known' };
    if (NOT_NOW.includes(status)) throw new PaymentProviderDownError(`it answers ${status}`);
    if (status >= 500) throw new PaymentProviderError(`The payment provider failed: it answers ${status}.`);
    throw new UnrecoverableError(`The payment provider refuses the charge of order ${orderId}: it answers ${status}.`, {
      code: 'CHARGE_REFUSED',
    });
  }

  private async post(key: string, charge: object, signal?: AbortSignal): Promise<{ status: number; body: unknown }> {
    const limit = AbortSignal.timeout(LIMIT_MS);
    try {
      const response = await fetch(new URL('/charges', this.config.paymentProviderUrl), {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'idempotency-key': key },
        body: JSON.stringify(charge),
        signal: signal ? AbortSignal.any([signal, limit]) : limit,
        redirect: 'error',
      });
      const text = await response.text();
      return { status: response.status, body: jsonOf(text) };
    } catch (cause) {
      throw new PaymentProviderDownError(reasonOf(cause), { cause });
    }
  }
}

/** A gateway answers in HTML. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A text of the answer; an answer without it is none. */
function textOf(body: unknown, field: string): string {
  const text = (body as Record<string, unknown> | null | undefined)?.[field];
  if (typeof text === 'string' && text.length > 0 && text.length <= 200) return text;
  throw new PaymentProviderError(`The payment provider's answer has no ${field}.`);
}

const complainsOfCard = (body: unknown): boolean => {
  const problems = (body as { problems?: unknown } | null | undefined)?.problems;
  return Array.isArray(problems) && problems.some((problem) => String(problem).startsWith('card '));
};

/** `fetch failed` says nothing; what made it fail does. */
function reasonOf(error: unknown): string {
  const { name, message, cause } = error as Error & { cause?: { code?: string; message?: string } };
  if (name === 'TimeoutError') return `it took longer than ${LIMIT_MS / 1_000} seconds`;
  return cause?.code ?? cause?.message ?? message;
}
