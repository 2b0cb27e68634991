import { PAYMENT_CAPTURED, PAYMENT_DECLINED } from '../history.js';
import type { CaseFile } from './case-file.js';
import type { Findings } from './findings.js';
import { isWhole, phantom, twoIdentities } from './orders.js';
import { firstCopies, isDecided, place, places, price, sameMoney } from './words.js';

/** Money was taken once or never, as much as the order costs, and billing knows which. */
export function judgeCharge(file: CaseFile, findings: Findings): void {
  const { orderId, stored, charge } = file;
  if (!stored) return judgeChargeWithoutOrder(file, findings);
  judgeLedger(file, findings);
  if (!isDecided(charge))
    return findings.missing(
      'NO_CHARGE',
      file,
      `Order ${orderId} was expected to be charged or declined; in the database of billing it ${charge ? 'is pending' : 'is unknown'}.`,
    );
  if (!sameMoney(charge.amount, stored.total))
    findings.wrong(
      'WRONG_AMOUNT',
      orderId,
      `Order ${orderId} costs ${price(stored.total)}, and billing has charged ${price(charge.amount)}.`,
    );
  judgeStatus(file, findings);
}

function judgeChargeWithoutOrder({ orderId, charge, attempts }: CaseFile, findings: Findings): void {
  const booking = attempts.find(({ booked }) => booked);
  if (!charge && !booking) return;
  const where = booking
    ? `The payment provider booked ${price(booking.amount)} at ${booking.at} (${booking.paymentId ?? 'no payment'})`
    : `Billing has a charge (${charge?.status ?? ''})`;
  findings.wrong(
    'CHARGE_WITHOUT_ORDER',
    orderId,
    `${where} for order ${orderId}, and the database of orders has no such order.`,
  );
}

function judgeLedger({ orderId, stored, charge, attempts }: CaseFile, findings: Findings): void {
  const bookings = attempts.filter(({ booked }) => booked);
  const listed = bookings.map(({ at, paymentId, amount }) => `${paymentId ?? ''} ${price(amount)} at ${at}`).join(', ');
  if (bookings.length > 1)
    findings.wrong(
      'CHARGED_TWICE',
      orderId,
      `Order ${orderId} was to be charged at most once, and the payment provider booked it ${bookings.length} times: ${listed}.`,
    );
  const declined = attempts.find(({ outcome }) => outcome === 'declined');
  if (bookings.length > 0 && (declined || charge?.status === 'declined'))
    findings.wrong(
      'CAPTURED_AND_DECLINED',
      orderId,
      `Order ${orderId} is booked by the payment provider (${listed}) and declined by ${declined ? `it as well (${declined.at})` : 'the database of billing'}.`,
    );
  for (const { amount, paymentId } of bookings) {
    if (stored && !sameMoney(amount, stored.total))
      findings.wrong(
        'WRONG_AMOUNT',
        orderId,
        `Order ${orderId} costs ${price(stored.total)}, and the payment provider booked ${price(amount)} (${paymentId ?? ''}).`,
      );
  }
  if (charge?.status === 'captured' && !bookings.some(({ paymentId }) => paymentId === charge.paymentId))
    findings.wrong(
      'WRONG_PAYMENT',
      orderId,
      `Billing has payment ${charge.paymentId ?? 'unknown'} for order ${orderId}, and the payment provider booked ${listed || 'nothing'}.`,
    );
}

function judgeStatus(file: CaseFile, findings: Findings): void {
  const { orderId, stored, charge } = file;
  const expected = charge?.status === 'captured' ? 'paid' : 'rejected';
  if (!stored || stored.status === expected) return;
  const sentence = `Order ${orderId} was expected to be ${expected}, as billing has it ${charge?.status ?? ''}, and is ${stored.status}.`;
  if (stored.status === 'placed') findings.missing('WRONG_STATUS', file, sentence);
  else findings.wrong('WRONG_STATUS', orderId, sentence);
}

/** What billing has decided is said once, and nothing else is. */
export function judgePaymentEvents(file: CaseFile, findings: Findings): void {
  const { orderId, stored, charge } = file;
  const said = firstCopies([...file.captured, ...file.declined]);
  if (!stored) {
    for (const record of said) phantom(orderId, record, findings);
    return;
  }
  if (said.length > 1) twoIdentities(orderId, said, findings);
  judgeWhatIsSaid(file, findings);
  if (!isDecided(charge)) return;
  const [topic, records] =
    charge.status === 'captured' ? [PAYMENT_CAPTURED, file.captured] : [PAYMENT_DECLINED, file.declined];
  if (records.length === 0 && isWhole(file, topic, findings))
    findings.missing('NO_EVENT', file, `Order ${orderId} is ${charge.status}, and ${topic} has no event of it.`);
}

function judgeWhatIsSaid({ orderId, charge, captured, declined }: CaseFile, findings: Findings): void {
  const contrary = charge?.status === 'captured' ? declined : charge?.status === 'declined' ? captured : [];
  const undecided = isDecided(charge) ? [] : [...captured, ...declined];
  const untrue = firstCopies([...contrary, ...undecided]);
  if (untrue.length > 0)
    findings.wrong(
      'EVENT_WITHOUT_CHARGE',
      orderId,
      `Billing has order ${orderId} ${charge?.status ?? 'not at all'}, and says something else in ${places(untrue)}.`,
    );
  for (const record of firstCopies(captured)) {
    const { amount, paymentId } = record;
    if (charge?.status !== 'captured') continue;
    if (amount && !sameMoney(amount, charge.amount))
      findings.wrong(
        'WRONG_AMOUNT',
        orderId,
        `Billing has charged ${price(charge.amount)} for order ${orderId}, and says ${price(amount)} in ${place(record)}.`,
      );
    if (paymentId !== charge.paymentId)
      findings.wrong(
        'WRONG_PAYMENT',
        orderId,
        `Billing has payment ${charge.paymentId ?? ''} for order ${orderId}, and says ${paymentId ?? 'none'} in ${place(record)}.`,
      );
  }
}
