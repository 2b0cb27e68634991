import { describe, expect, it } from '@jest/globals';
import { check } from '../judging/check.js';
import { at, paid, rightHistory } from '../judging/history-under-test.js';
import { exitCodeOf } from '../report.js';
import { inWords } from './in-words.js';

describe('a report in words', () => {
  it('has the counts and the verdict', () => {
    const report = check(rightHistory());

    expect(inWords(report)).toMatch(/^accepted answers +4\norders +4\npaid +2\n/);
    expect(inWords(report)).toContain('The shop has kept its word');
    expect(exitCodeOf(report)).toBe(0);
  });

  it('spells out the first contradiction with all that is known of its order, by time', () => {
    const history = rightHistory();
    history.ledger.push({ ...history.ledger[0]!, at: at(45), paymentId: 'pay_x' });
    history.faults.push(
      { kind: 'kill', target: 'billing-1', at: at(42) },
      { kind: 'kill', target: 'billing-1', at: at(9_000) },
    );
    history.orders[1]!.status = 'paid';

    const report = check(history);
    const lines = inWords(report).split('\n');

    const first = lines.findIndex((line) => line.startsWith('CHARGED_TWICE'));
    expect(lines[first]).toContain(paid);
    expect(lines.slice(first + 1, first + 11)).toEqual([
      `  ${at(0)}  orders stores it, 4.95 EUR; it is paid now`,
      `  ${at(0)}  orders.order-placed.v1 0/0 (placed-0)`,
      `  ${at(20)}  the customer is told: accepted, 4.95 EUR (key key-0)`,
      `  ${at(30)}  mail to customer-0@example.org: received`,
      `  ${at(40)}  payment provider: captured, booked 4.95 EUR pay_0`,
      `  ${at(42)}  fault: kill of billing-1`,
      `  ${at(45)}  payment provider: captured, booked 4.95 EUR pay_x`,
      `  ${at(60)}  billing: captured pay_0`,
      `  ${at(60)}  billing.payment-captured.v1 0/0 (paid-0)`,
      `  ${at(90)}  mail to customer-0@example.org: paid`,
    ]);
    expect(lines.join('\n')).toContain('1 more:\n  WRONG_STATUS');
    expect(exitCodeOf(report)).toBe(1);
  });

  it('says what is still under way', () => {
    const history = rightHistory();
    history.unfinished = ['group billing has 3 records of billing.retry.10s before it'];

    expect(inWords(check(history))).toContain('Still under way:\n  group billing has 3 records');
    expect(exitCodeOf(check(history))).toBe(2);
  });
});
