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
  /** Key → how often it failed because its card was told to. */
  private readonly failures = new Map<string, number>();

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
    const { down, loseAnswers, declinedCards, refusedCards } = this.faults;
    if (known && known.fingerprint !== fingerprint(charge)) return this.conflict(key, charge);
    if (!KNOWN_CARDS.includes(charge.card) && !declinedCards.includes(charge.card))
      return this.refuse(key, charge, unknownCard);
    if (refusedCards.includes(charge.card)) return this.refuse(key, charge, forbiddenCard);

    const failure = down ? 'before' : this.failureOf(key, charge);
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

  private failureOf(key: string, { card }: Charge): 'before' | 'after' | undefined {
    const { failingCards, failureRate } = this.faults;
    const wanted = Object.hasOwn(failingCards, card) ? (failingCards[card] ?? 0) : 0;
    const failures = this.failures.get(key) ?? 0;
    if (failures >= wanted) return this.dice.roll(failureRate);
    this.failures.set(key, failures + 1);
    return failures % 2 === 0 ? 'before' : 'after';
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

  private refuse(key: string, charge: Charge, answer: Answer): Answer {
    this.record(key, charge, 'refused');
    return answer;
  }

  private record(key: string, charge: Charge, outcome: Outcome, decision?: Decision, isNew = false): void {
    const { orderId, amount } = charge;
    const at = new Date().toISOString();
    const booked = isNew && decision?.status === 'captured';
    const payment = decision?.paymentId && { paymentId: decision.paymentId };
    this.ledger.add({ at, key, orderId, outcome, ...payment, amount, booked }, isNew ? decision : undefined);
  }
}

const unknownCard: Answer = {
  status: 400,
  body: {
    error: `Unknown card; the tokens known here are ${KNOWN_CARDS.join(', ')}.`,
    problems: ['card is not a known token'],
  },
};
const forbiddenCard: Answer = { status: 403, body: { error: 'This merchant may not charge that card.' } };
const internalError: Answer = { status: 500, body: { error: 'The payment provider failed.' } };

function answerOf({ status, paymentId, orderId, amount }: Decision, repeated: boolean): Answer {
  if (status === 'declined') return { status: 402, body: { reason: 'card declined', status } };
  return { status: repeated ? 200 : 201, body: { paymentId, orderId, amount, status } };
}
