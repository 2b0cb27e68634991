import { describe, expect, it } from '@jest/globals';
import { ORDER_PLACED, PAYMENT_CAPTURED, PAYMENT_DECLINED } from '../history.js';
import type { Report } from '../report.js';
import { check } from './check.js';
import { at, declined, type Draft, orderId, paid, record, rightHistory } from './history-under-test.js';

/** What is said of a right history that something was done to. */
function judged(plant: (history: Draft) => void): Report {
  const history = rightHistory();
  plant(history);
  return check(history);
}

/** Code and order of each contradiction. */
const found = ({ contradictions }: Report) => contradictions.map(({ code, orderId: id }) => [code, id]);

const without = <T>(list: T[], isMeant: (item: T) => boolean): void => {
  const at = list.findIndex(isMeant);
  expect(at).toBeGreaterThanOrEqual(0);
  list.splice(at, 1);
};

const itsRecord = (history: Draft, topic: string, id: string) => {
  const found = history.records.find((one) => one.topic === topic && one.orderId === id);
  if (!found) throw new Error(`no ${topic} of ${id}`);
  return found;
};

describe('a shop that has kept its word', () => {
  it('is said to, with what was counted', () => {
    expect(check(rightHistory(4))).toEqual({
      verdict: 'kept',
      counts: {
        ...{ answers: 4, orders: 4, captured: 2, declined: 2, mails: 8, events: 10, duplicates: 0, attempts: 4 },
        ...{ faults: 0, foreignOrders: 0, otherDeadLetters: 0 },
      },
      ...{ contradictions: [], unfinished: [], allowedDoubles: [], leftOut: [], timeline: [] },
    });
  });

  it('may have said an event many times under one identity: the copies are counted', () => {
    const report = judged(({ records }) =>
      records.push(...records.map((one) => ({ ...one, offset: one.offset + 100 }))),
    );

    expect(report).toMatchObject({ verdict: 'kept', counts: { events: 10, duplicates: 10 } });
  });

  it('may tell a customer of the same order again', () => {
    expect(judged(({ accepted }) => accepted.push({ ...accepted[0]!, at: at(5_000) }))).toMatchObject({
      verdict: 'kept',
      counts: { answers: 5, orders: 4 },
    });
  });

  it('may have asked the payment provider several times, as long as it booked once', () => {
    const report = judged(({ ledger }) => {
      ledger.unshift({ ...ledger[0]!, outcome: 'failed', booked: false, at: at(10) });
      ledger.push({ ...ledger[0]!, outcome: 'repeated', booked: false, at: at(50) });
    });

    expect(report.verdict).toBe('kept');
  });

  it('is judged in less than a few seconds where it has 100 000 orders', () => {
    expect(check(rightHistory(100_000))).toMatchObject({ verdict: 'kept', counts: { orders: 100_000 } });
  });
});

describe('an accepted order', () => {
  it('that is not in the database is lost, and what came of it has no order', () => {
    const report = judged(({ orders }) => without(orders, ({ id }) => id === paid));

    expect(found(report)[0]).toEqual(['LOST', paid]);
    expect(report.contradictions[0]?.sentence).toContain(`accepted at ${at(20)} (key key-0)`);
    expect(new Set(found(report).map(([code]) => code))).toEqual(
      new Set(['LOST', 'EVENT_WITHOUT_ORDER', 'CHARGE_WITHOUT_ORDER', 'MAIL_WITHOUT_CAUSE']),
    );
  });

  it('that is stored with another total or key is not what the customer was told', () => {
    expect(found(judged(({ accepted }) => (accepted[0]!.total = { cents: 1, currency: 'EUR' })))).toEqual([
      ['NOT_AS_TOLD', paid],
    ]);
    expect(found(judged(({ accepted }) => (accepted[1]!.key = 'another')))).toEqual([['NOT_AS_TOLD', declined]]);
  });

  it('that nobody but orders knows misses everything, named one by one', () => {
    const report = judged((history) => {
      const id = orderId(9);
      history.orders.push({ ...history.orders[0]!, id, key: 'key-9', status: 'placed' });
    });

    expect(found(report).map(([code]) => code)).toEqual(['NO_EVENT', 'NO_CHARGE', 'NO_MAIL', 'NOT_COUNTED']);
  });
});

describe('an event', () => {
  it.each([
    [ORDER_PLACED, paid],
    [PAYMENT_CAPTURED, paid],
    [PAYMENT_DECLINED, declined],
  ])('that is missing in %s is named', (topic, id) => {
    const report = judged(({ records }) => without(records, (one) => one.topic === topic && one.orderId === id));

    expect(found(report)).toEqual([['NO_EVENT', id]]);
    expect(report.contradictions[0]?.sentence).toContain(topic);
  });

  it.each([ORDER_PLACED, PAYMENT_CAPTURED])('in %s that has no order is a phantom', (topic) => {
    const report = judged((history) => {
      history.records.push({ ...itsRecord(history, topic, paid), offset: 77, id: 'x', orderId: orderId(9) });
    });

    expect(found(report)).toEqual([['EVENT_WITHOUT_ORDER', orderId(9)]]);
    expect(report.contradictions[0]?.sentence).toContain(`${topic} 0/77 (x)`);
  });

  it.each([ORDER_PLACED, PAYMENT_CAPTURED])('in %s said under two identities is said twice', (topic) => {
    const report = judged((history) =>
      history.records.push({ ...itsRecord(history, topic, paid), offset: 77, id: 'x' }),
    );

    expect(found(report)).toEqual([['TWO_IDENTITIES', paid]]);
  });

  it('that tells another amount or payment than is stored is wrong', () => {
    const cheap = { cents: 1, currency: 'EUR' };
    const said = (topic: string, facts: object) =>
      found(judged((history) => Object.assign(itsRecord(history, topic, paid), facts)));

    expect(said(ORDER_PLACED, { amount: cheap })).toEqual([['WRONG_AMOUNT', paid]]);
    expect(said(PAYMENT_CAPTURED, { amount: cheap })).toEqual([['WRONG_AMOUNT', paid]]);
    expect(said(PAYMENT_CAPTURED, { paymentId: 'pay_x' })).toEqual([['WRONG_PAYMENT', paid]]);
  });

  it('that says the contrary of what billing has decided is named', () => {
    const report = judged(({ records }) =>
      records.push({ ...record(PAYMENT_DECLINED, 77, paid, 'x', 60), orderId: paid }),
    );

    expect(found(report)).toEqual([
      ['TWO_IDENTITIES', paid],
      ['EVENT_WITHOUT_CHARGE', paid],
    ]);
  });
});

describe('events of one key', () => {
  it('stand in the order in which they were said', () => {
    const report = judged(({ records }) => {
      const [older, newer] = records.filter(({ revision }) => revision !== undefined);
      [older!.revision, newer!.revision] = [3, 2];
    });

    expect(found(report)).toEqual([['OUT_OF_ORDER', undefined]]);
    expect(report.contradictions[0]?.sentence).toContain('revision 2');
  });

  it('are judged by their first copies: a late copy of an old one changes nothing', () => {
    const report = judged(({ records }) => {
      const older = records.find(({ revision }) => revision === 2)!;
      records.push({ ...older, offset: 50 });
    });

    expect(report).toMatchObject({ verdict: 'kept', counts: { duplicates: 1 } });
  });

  it('are not compared between partitions, topics and keys', () => {
    const report = judged(({ records }) => {
      const older = records.find(({ revision }) => revision === 2)!;
      records.push({ ...older, id: 'x', key: 'mug', revision: 1 }, { ...older, id: 'y', partition: 1, revision: 1 });
    });

    expect(report.verdict).toBe('kept');
  });
});

describe('money', () => {
  it('that was booked twice is named with both payments', () => {
    const report = judged(({ ledger }) => ledger.push({ ...ledger[0]!, paymentId: 'pay_x', at: at(99) }));

    expect(found(report)).toEqual([['CHARGED_TWICE', paid]]);
    expect(report.contradictions[0]?.sentence).toMatch(/pay_0 4\.95 EUR at .*pay_x 4\.95 EUR at/);
  });

  it('that was booked for no order is named', () => {
    const report = judged(({ ledger }) => ledger.push({ ...ledger[0]!, orderId: orderId(9) }));

    expect(found(report)).toEqual([['CHARGE_WITHOUT_ORDER', orderId(9)]]);
  });

  it('that was booked and declined both is named', () => {
    const twofold = judged(({ ledger }) => ledger.push({ ...ledger[0]!, outcome: 'declined', booked: false }));
    const misunderstood = judged(({ ledger }) => (ledger[1]!.booked = true));

    expect(found(twofold)).toEqual([['CAPTURED_AND_DECLINED', paid]]);
    expect(found(misunderstood)).toEqual([['CAPTURED_AND_DECLINED', declined]]);
  });

  it('that is not as much as the order costs is named, whoever got it wrong', () => {
    const cheap = { cents: 1, currency: 'EUR' };

    expect(found(judged(({ ledger }) => (ledger[0]!.amount = cheap)))).toEqual([['WRONG_AMOUNT', paid]]);
    expect(found(judged(({ charges }) => (charges[0]!.amount = cheap)))).toContainEqual(['WRONG_AMOUNT', paid]);
    expect(found(judged(({ sales }) => (sales[0]!.paidCents = 1)))).toEqual([['WRONG_AMOUNT', paid]]);
  });

  it('that billing believes in and the payment provider does not is named', () => {
    expect(found(judged(({ ledger }) => without(ledger, ({ orderId: id }) => id === paid)))).toEqual([
      ['WRONG_PAYMENT', paid],
    ]);
  });

  it('that nobody has decided on is named', () => {
    expect(found(judged(({ charges }) => (charges[0]!.status = 'pending')))).toContainEqual(['NO_CHARGE', paid]);
    expect(found(judged(({ charges }) => without(charges, ({ orderId: id }) => id === declined)))).toContainEqual([
      'NO_CHARGE',
      declined,
    ]);
  });

  it('is summed up by analytics, each payment once', () => {
    const twice = judged(({ takings }) => {
      takings[0]!.cents += 495;
      takings[0]!.payments += 1;
    });

    expect(found(twice)).toEqual([['WRONG_SUM', undefined]]);
    expect(twice.contradictions[0]?.sentence).toContain('9.92 EUR in 2 payments');
    expect(twice.contradictions[0]?.sentence).toContain('14.87 EUR in 3');
    expect(found(judged(({ takings }) => void takings.splice(0)))).toEqual([['WRONG_SUM', undefined]]);
  });
});

describe('an order', () => {
  it.each(['placed', 'rejected'])('that is charged and %s has the wrong status', (status) => {
    const report = judged(({ orders }) => (orders[0]!.status = status));

    expect(found(report)).toEqual([['WRONG_STATUS', paid]]);
    expect(report.contradictions[0]?.sentence).toContain(
      `expected to be paid, as billing has it captured, and is ${status}`,
    );
  });

  it('that is declined and paid has the wrong status', () => {
    expect(found(judged(({ orders }) => (orders[1]!.status = 'paid')))).toEqual([['WRONG_STATUS', declined]]);
  });

  it('that analytics has not counted is named', () => {
    expect(found(judged(({ sales }) => without(sales, ({ orderId: id }) => id === declined)))).toEqual([
      ['NOT_COUNTED', declined],
      ['NOT_COUNTED', declined],
    ]);
  });
});

describe('a mail', () => {
  it.each(['received', 'paid'])('that an order is %s, and is missing, is named', (kind) => {
    const report = judged(({ mails }) => without(mails, (mail) => mail.orderId === paid && mail.kind === kind));

    expect(found(report)).toEqual([['NO_MAIL', paid]]);
    expect(report.contradictions[0]?.sentence).toContain('was to go to customer-0@example.org');
  });

  it('that went to somebody else is named', () => {
    expect(found(judged(({ mails }) => (mails[0]!.address = 'else@example.org')))).toEqual([['MAIL_ASTRAY', paid]]);
  });

  it('that says what is not so, or tells of no order, is named', () => {
    const untrue = judged(({ mails }) => mails.push({ ...mails[0]!, kind: 'not paid' }));
    const unknown = judged(({ mails }) => mails.push({ ...mails[0]!, orderId: orderId(9) }));

    expect(found(untrue)).toEqual([['MAIL_WITHOUT_CAUSE', paid]]);
    expect(found(unknown)).toEqual([['MAIL_WITHOUT_CAUSE', orderId(9)]]);
  });

  it('that went out twice is a contradiction where nothing explains it', () => {
    const report = judged(({ mails }) => mails.push({ ...mails[0]!, at: at(18_000) }));

    expect(found(report)).toEqual([['MAIL_TWICE', paid]]);
    expect(report.contradictions[0]?.sentence).toContain(`2 times: ${at(30)}, ${at(18_000)}`);
  });

  it.each([
    ['kill', 'notifications-2', 500, undefined],
    ['pause', 'notifications-1', 500, 9_000],
    ['mail-down', 'mail', 500, 4_000],
    ['database-stop', 'postgres', 500, 4_000],
  ])('that went out twice is listed where %s of %s came between', (kind, target, from, until) => {
    const report = judged(({ mails, faults }) => {
      mails.push({ ...mails[0]!, at: at(18_000) });
      faults.push({ kind, target, at: at(from), ...(until !== undefined && { until: at(until) }) });
    });

    expect(report).toMatchObject({ verdict: 'kept', contradictions: [] });
    expect(report.allowedDoubles).toEqual([expect.stringContaining(`${kind} of ${target}`)]);
  });

  it.each([
    ['of billing', { kind: 'kill', target: 'billing-1', at: at(500) }],
    ['that came too late', { kind: 'kill', target: 'notifications-1', at: at(15_000) }],
    [
      'that came too soon, whenever it came back',
      { kind: 'kill', target: 'notifications-1', at: at(-15_000), until: at(90) },
    ],
    ['that was over', { kind: 'mail-down', target: 'mail', at: at(-9_000), until: at(-5_000) }],
    ['that breaks nothing off', { kind: 'term', target: 'notifications', at: at(500) }],
  ])('that went out twice is not excused by a fault %s', (_, fault) => {
    const report = judged(({ mails, faults }) => {
      mails.push({ ...mails[0]!, at: at(18_000) });
      faults.push(fault);
    });

    expect(found(report)).toEqual([['MAIL_TWICE', paid]]);
  });

  it.each([
    ['behind', -3_600_000],
    ['ahead', 3_600_000],
  ])('that went out twice is listed where the second was written by a clock that was %s', (_, offMs) => {
    const report = judged(({ mails, faults }) => {
      mails.push({ ...mails[0]!, at: at(18_000 + offMs) });
      faults.push({ kind: 'database-stop', target: 'postgres', at: at(500), until: at(4_000) });
      faults.push({ kind: 'clock', target: 'notifications', at: at(10_000), until: at(30_000) });
    });

    expect(report).toMatchObject({ verdict: 'kept', contradictions: [] });
    expect(report.allowedDoubles).toEqual([expect.stringContaining(`2 times: ${at(30)}, ${at(18_000)}`)]);
  });

  it('that went out twice is a contradiction where the clock of another was off', () => {
    const report = judged(({ mails, faults }) => {
      mails.push({ ...mails[0]!, at: at(18_000 - 3_600_000) });
      faults.push({ kind: 'database-stop', target: 'postgres', at: at(500), until: at(4_000) });
      faults.push({ kind: 'clock', target: 'billing', at: at(10_000), until: at(30_000) });
    });

    expect(found(report)).toEqual([['MAIL_TWICE', paid]]);
  });

  it('that went out three times needs a fault for each copy but the last', () => {
    const report = judged(({ mails, faults }) => {
      mails.push({ ...mails[0]!, at: at(20_000) }, { ...mails[0]!, at: at(60_000) });
      faults.push({ kind: 'kill', target: 'notifications-1', at: at(500) });
    });

    expect(found(report)).toEqual([['MAIL_TWICE', paid]]);
  });
});

describe('what services gave up on', () => {
  const letter = {
    service: 'billing',
    id: '3/17',
    at: at(50),
    topic: ORDER_PLACED,
    code: 'NO_PRICE',
    message: 'no tea',
  };

  it('is the contradiction, and not all that it has kept from happening', () => {
    const report = judged((history) => {
      history.deadLetters.push({ ...letter, orderId: paid });
      history.orders[0]!.status = 'placed';
      without(history.charges, ({ orderId: id }) => id === paid);
      without(history.ledger, ({ orderId: id }) => id === paid);
      without(history.records, ({ topic, orderId: id }) => topic === PAYMENT_CAPTURED && id === paid);
      without(history.mails, ({ orderId: id, kind }) => id === paid && kind === 'paid');
      history.takings = [{ currency: 'EUR', cents: 497, payments: 1 }];
    });

    expect(found(report)).toEqual([['DEAD_LETTER', paid]]);
    expect(report.contradictions[0]?.sentence).toContain('dead letter 3/17, NO_PRICE, no tea');
  });

  it('is counted where it belongs to no order', () => {
    const report = judged(({ deadLetters }) => deadLetters.push(letter, { ...letter, orderId: orderId(9) }));

    expect(report).toMatchObject({ verdict: 'kept', counts: { otherDeadLetters: 2 } });
  });

  it('is set aside in an outbox, and named', () => {
    const report = judged((history) => {
      without(history.records, ({ topic, orderId: id }) => topic === ORDER_PLACED && id === paid);
      history.outbox.push({
        ...{ service: 'orders', position: '7', id: 'placed-0', topic: ORDER_PLACED, key: paid, storedAt: at(0) },
        problem: 'MESSAGE_TOO_LARGE',
      });
    });

    expect(found(report)).toEqual([['SET_ASIDE', paid]]);
  });
});

describe('a shop that has not settled', () => {
  const unfinished = ['billing has 1 record of billing.retry.10s before it'];

  it('is neither right nor wrong while what is missing may come', () => {
    const report = judged((history) => {
      history.unfinished = unfinished;
      history.orders[0]!.status = 'placed';
      without(history.mails, ({ orderId: id, kind }) => id === paid && kind === 'paid');
    });

    expect(report).toMatchObject({ verdict: 'unfinished', contradictions: [] });
    expect(report.unfinished).toHaveLength(3);
  });

  it('is wrong where something was done twice', () => {
    const report = judged((history) => {
      history.unfinished = unfinished;
      history.ledger.push({ ...history.ledger[0]!, paymentId: 'pay_x' });
    });

    expect(report.verdict).toBe('broken');
  });

  it('has events in its outbox that are not said yet', () => {
    const report = judged((history) => {
      without(history.records, ({ topic, orderId: id }) => topic === ORDER_PLACED && id === paid);
      history.outbox.push({
        ...{ service: 'orders', position: '7', id: 'placed-0', topic: ORDER_PLACED, key: paid, storedAt: at(0) },
      });
    });

    expect(report).toMatchObject({ verdict: 'unfinished', contradictions: [] });
  });
});

describe('orders that are not judged', () => {
  it('are those that others than the shop have told of, and what came of them', () => {
    const report = judged((history) => {
      const id = orderId(9);
      history.records.push({ ...itsRecord(history, ORDER_PLACED, paid), id: 'x', orderId: id, foreign: true });
      history.ledger.push({ ...history.ledger[0]!, orderId: id });
      history.mails.push({ ...history.mails[0]!, orderId: id });
    });

    expect(report).toMatchObject({ verdict: 'kept', counts: { orders: 4, foreignOrders: 1 } });
  });

  it('are those before and after a time, and all but those that are named', () => {
    const plant = (judged: Draft['judged']) => (history: Draft) => {
      history.judged = judged;
      history.orders[0]!.status = 'placed';
      history.orders[3]!.status = 'placed';
      history.outbox.push();
    };

    expect(judged(plant({ since: at(500), until: at(2_500) }))).toMatchObject({
      verdict: 'kept',
      counts: { orders: 2 },
    });
    expect(found(judged(plant({ since: at(500) })))).toEqual([['WRONG_STATUS', orderId(3)]]);
    expect(judged(plant({ orders: new Set([declined]) }))).toMatchObject({ verdict: 'kept', counts: { orders: 1 } });
  });

  it('are not those of which a mail seems older than they are', () => {
    const report = judged((history) => {
      history.judged = { since: at(-500) };
      without(history.orders, ({ id }) => id === paid);
      // Mails have whole seconds.
      for (const mail of history.mails) if (mail.orderId === paid) mail.at = at(-1_000);
    });

    expect(found(report).map(([code]) => code)).toContain('EVENT_WITHOUT_ORDER');
  });

  it('count no prices of before', () => {
    const { counts } = judged((history) => void (history.judged = { since: at(500) }));

    expect(counts.events).toBe(6);
  });

  it('may be named and unknown to everybody: then they are lost', () => {
    const report = judged((history) => {
      history.judged = { orders: new Set([orderId(9)]) };
      history.accepted.push({ ...history.accepted[0]!, orderId: orderId(9) });
    });

    expect(found(report)).toEqual([['LOST', orderId(9)]]);
  });

  it('miss no event that the retention of its topic has taken', () => {
    const report = judged((history) => {
      history.wholeSince = { [ORDER_PLACED]: at(500) };
      without(history.records, ({ topic, orderId: id }) => topic === ORDER_PLACED && id === paid);
    });

    expect(report).toMatchObject({
      verdict: 'kept',
      leftOut: [`${ORDER_PLACED} before ${at(500)}: its retention is over.`],
    });
  });
});
