import { randomUUID } from 'node:crypto';
import { type Charge, DECLINED_CARD, fingerprint, KNOWN_CARDS } from './charge.js';
import { FailureDice, type Faults, NO_FAULTS } from './faults.js';
import type { Decision, Ledger, Outcome } from './ledger.js';

/** `drop`: the connection is closed without an answer. */
export type Answer = { status: number; body: object } | 'drop';

/** What becomes of a charge: one decision for each key, with the faults that were ordered in its way. */
export class Charging {
  private currentFaults = NO_FAULTS;
  private dice = new FailureDice(NO_FAULTS.seed);

  constructor(private readonly ledger: Ledger) {}

  get faults(): Faults {
    return this.currentFaults;
  }

  changeFaults(patch: Partial<Faults>): void {
    this.currentFaults = { ...this.currentFaults, ...patch };
    if (patch.seed !== undefined) this.dice = new FailureDice(patch.seed);
  }

  /** Synchronous: of two requests with one key, one books and the other repeats. */
  charge(key: string, charge: Charge): Answer {
    const known = this.ledger.decision(key);
    const { down, loseAnswers, failureRate, declinedCards } = this.faults;
    if (known && known.fingerprint !== fingerprint(charge)) return this.conflict(key, charge);
    if (!KNOWN_CARDS.includes(charge.card) && !declinedCards.includes(charge.card)) return this.refuse(key, charge);

    const failure = down ? 'before' : this.dice.roll(failureRate);
    if (failure === 'before') {
      this.record(key, charge, 'failed');
      return down ? 'drop' : internalError;
    }
    const decision = known ?? this.decide(charge);
    const usual = known ? 'repeated' : decision.status;
    this.record(key, charge, loseAnswers ? 'lost' : failure ? 'failed' : usual, decision, !known);
    if (loseAnswers) return 'drop';
    return failure ? internalError : answerOf(decision, known !== undefined);
  }

  private decide(charge: Charge): Decision {
    const { orderId, amount, card } = charge;
    const declined = card === DECLINED_CARD || this.faults.declinedCards.includes(card);
    const decided = { fingerprint: fingerprint(charge), orderId, amount };
    return declined
      ? { ...decided, status: 'declined' }
      : { ...decided, status: 'captured', paymentId: `pay_${randomUUID()}` };
  }

  private conflict(key: string, charge: Charge): Answer {
    this.record(key, charge, 'conflict');
    return { status: 422, body: { error: 'This Idempotency-Key was used before for another charge.' } };
  }

  private refuse(key: string, charge: Charge): Answer {
    this.record(key, charge, 'refused');
    const error = `Unknown card; the tokens known here are ${KNOWN_CARDS.join(', ')}.`;
    return { status: 400, body: { error, problems: ['card is not a known token'] } };
  }

  private record(key: string, charge: Charge, outcome: Outcome, decision?: Decision, isNew = false): void {
    const { orderId, amount } = charge;
    const at = new Date().toISOString();
    const booked = isNew && decision?.status === 'captured';
    const payment = decision?.paymentId && { paymentId: decision.paymentId };
    this.ledger.add({ at, key, orderId, outcome, ...payment, amount, booked }, isNew ? decision : undefined);
  }
}

const internalError: Answer = { status: 500, body: { error: 'The payment provider failed.' } };

function answerOf({ status, paymentId, orderId, amount }: Decision, repeated: boolean): Answer {
  if (status === 'declined') return { status: 402, body: { reason: 'card declined', status } };
  return { status: repeated ? 200 : 201, body: { paymentId, orderId, amount, status } };
}
