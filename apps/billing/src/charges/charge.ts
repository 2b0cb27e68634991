import { create, type Fields } from '@fieldguide/kafka';
import { type Money, PaymentCaptured, PaymentDeclined } from '@fieldguide/contracts';

/** What the payment provider has decided, for good. */
export type Decision =
  | { readonly status: 'captured'; readonly paymentId: string }
  | { readonly status: 'declined'; readonly reason: string };

export interface Charge {
  readonly orderId: string;
  readonly amount: Fields<Money>;
}

export interface DecidedCharge extends Charge {
  readonly decision: Decision;
  readonly decidedAt: Date;
}

export const isDecided = (charge: Charge | DecidedCharge): charge is DecidedCharge => 'decision' in charge;

/** What billing has to tell about a charge. */
export function newsOf({ orderId, amount, decision }: DecidedCharge): PaymentCaptured | PaymentDeclined {
  return decision.status === 'captured'
    ? create(PaymentCaptured, { orderId, amount, paymentId: decision.paymentId })
    : create(PaymentDeclined, { orderId, reason: decision.reason });
}
