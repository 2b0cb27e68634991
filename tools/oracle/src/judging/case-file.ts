import {
  type Accepted,
  type Attempt,
  type Charge,
  type DeadLetter,
  type EventRecord,
  type History,
  type Mail,
  ORDER_PLACED,
  type OutboxEvent,
  PAYMENT_CAPTURED,
  PAYMENT_DECLINED,
  type Sale,
  type Scope,
  type StoredOrder,
} from '../history.js';

/** All that the witnesses say of one order. */
export interface CaseFile {
  readonly orderId: string;
  readonly accepted: Accepted[];
  stored?: StoredOrder;
  charge?: Charge;
  sale?: Sale;
  readonly attempts: Attempt[];
  readonly placed: EventRecord[];
  readonly captured: EventRecord[];
  readonly declined: EventRecord[];
  readonly mails: Mail[];
  readonly deadLetters: DeadLetter[];
  readonly outbox: OutboxEvent[];
}

/** One for each order that any witness has heard of. */
export function openCases(history: History): CaseFile[] {
  const cases = new Cases();
  for (const order of history.orders) cases.of(order.id).stored = order;
  for (const answer of history.accepted) cases.of(answer.orderId).accepted.push(answer);
  for (const charge of history.charges) cases.of(charge.orderId).charge = charge;
  for (const attempt of history.ledger) cases.of(attempt.orderId).attempts.push(attempt);
  for (const mail of history.mails ?? []) cases.of(mail.orderId).mails.push(mail);
  for (const sale of history.sales ?? []) cases.of(sale.orderId).sale = sale;
  for (const record of history.records) cases.add(record);
  for (const event of history.outbox ?? []) if (isOfOrder(event.topic)) cases.of(event.key).outbox.push(event);
  for (const letter of history.deadLetters) if (letter.orderId) cases.known(letter.orderId)?.deadLetters.push(letter);
  return cases.all;
}

class Cases {
  private readonly cases = new Map<string, CaseFile>();

  get all(): CaseFile[] {
    return [...this.cases.values()];
  }

  known(orderId: string): CaseFile | undefined {
    return this.cases.get(orderId.toLowerCase());
  }

  of(orderId: string): CaseFile {
    const id = orderId.toLowerCase();
    const known = this.cases.get(id);
    if (known) return known;
    const made: CaseFile = { orderId: id, ...nothing() };
    this.cases.set(id, made);
    return made;
  }

  add(record: EventRecord): void {
    const list = LISTS[record.topic];
    if (list && record.orderId !== undefined) this.of(record.orderId)[list].push(record);
  }
}

const nothing = (): Omit<CaseFile, 'orderId'> => ({
  ...{ accepted: [], attempts: [], placed: [], captured: [], declined: [], mails: [], deadLetters: [], outbox: [] },
});

const LISTS: Readonly<Record<string, 'placed' | 'captured' | 'declined'>> = {
  [ORDER_PLACED]: 'placed',
  [PAYMENT_CAPTURED]: 'captured',
  [PAYMENT_DECLINED]: 'declined',
};

const isOfOrder = (topic: string): boolean => Object.hasOwn(LISTS, topic);

/** Others than our services have said something of it: what came of that nobody has promised. */
export const isForeign = ({ placed, captured, declined }: CaseFile): boolean =>
  [placed, captured, declined].some((records) => records.some(({ foreign }) => foreign));

/** An order that is not stored is judged by when it was first heard of. */
export function isJudged(file: CaseFile, { since, until, orders }: Scope): boolean {
  if (orders) return orders.has(file.orderId);
  const at = file.stored?.placedAt ?? firstHeardOf(file);
  return (since === undefined || at >= since) && (until === undefined || !file.stored || at <= until);
}

function firstHeardOf({ accepted, attempts, placed, captured, declined, mails }: CaseFile): string {
  const exact = [accepted, attempts, placed, captured, declined].flat();
  // A mail's time has no fraction: by it an order could seem older than it is.
  const all = exact.length > 0 ? exact : mails;
  return all.reduce((first, { at }) => (at < first ? at : first), all[0]?.at ?? '');
}
