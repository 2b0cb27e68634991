import { appendFileSync, readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { chargeOf, ProviderUnderTest } from './provider-under-test.js';

describe('the payment provider', () => {
  let provider: ProviderUnderTest;
  beforeEach(async () => {
    provider = await new ProviderUnderTest().start();
  });
  afterEach(() => provider.remove());

  it('captures a charge and books it', async () => {
    const response = await provider.charge('k-1', chargeOf('order-1'));

    expect(response.status).toBe(201);
    const amount = { cents: 1250, currency: 'EUR' };
    const payment = (await response.json()) as { paymentId: string };
    expect(payment).toEqual({ paymentId: expect.any(String), orderId: 'order-1', amount, status: 'captured' });
    expect(await provider.witness.charges('order-1')).toEqual([
      {
        at: expect.any(String),
        key: 'k-1',
        orderId: 'order-1',
        outcome: 'captured',
        paymentId: payment.paymentId,
        amount,
        booked: true,
      },
    ]);
  });

  it('repeats its answer, and books nothing, when a key comes back', async () => {
    const first = await provider.charge('k-1', chargeOf('order-1'));
    const second = await provider.charge('k-1', chargeOf('order-1'));

    expect(second.status).toBe(200);
    expect(await second.json()).toEqual(await first.json());
    const outcomes = (await provider.witness.charges()).map(({ outcome, booked }) => [outcome, booked]);
    expect(outcomes).toEqual([
      ['captured', true],
      ['repeated', false],
    ]);
  });

  it('books once when many requests bring one key at the same time', async () => {
    await provider.witness.faults({ latencyMs: 20 });

    const responses = await Promise.all(Array.from({ length: 20 }, () => provider.charge('k-1', chargeOf('order-1'))));

    expect(responses.map(({ status }) => status).sort()).toEqual([...Array.from({ length: 19 }, () => 200), 201]);
    expect((await provider.witness.charges()).filter(({ booked }) => booked)).toHaveLength(1);
  });

  it('refuses a key that comes back with another charge', async () => {
    await provider.charge('k-1', chargeOf('order-1'));

    const response = await provider.charge('k-1', chargeOf('order-2'));

    expect(response.status).toBe(422);
    expect((await provider.witness.charges('order-2')).map(({ outcome }) => outcome)).toEqual(['conflict']);
  });

  it('declines tok_declined, each time the key comes', async () => {
    const responses = [
      await provider.charge('k-1', chargeOf('order-1', 'tok_declined')),
      await provider.charge('k-1', chargeOf('order-1', 'tok_declined')),
    ];

    for (const response of responses) {
      expect(response.status).toBe(402);
      expect(await response.json()).toEqual({ reason: 'card declined', status: 'declined' });
    }
    const outcomes = (await provider.witness.charges()).map(({ outcome, booked }) => [outcome, booked]);
    expect(outcomes).toEqual([
      ['declined', false],
      ['repeated', false],
    ]);
  });

  it('refuses an unknown card, and keeps its number out of the ledger', async () => {
    const response = await provider.charge('k-1', chargeOf('order-1', '4111111111111111'));

    expect(response.status).toBe(400);
    expect(readFileSync(provider.ledgerFile, 'utf8')).not.toContain('4111');
  });

  it('refuses a charge without a key', async () => {
    const response = await provider.charge('', chargeOf('order-1'));

    expect(response.status).toBe(400);
    expect(await response.text()).toContain('Idempotency-Key');
  });

  it('names every wrong field', async () => {
    const response = await provider.charge('k-1', { orderId: '', card: 7, amount: { cents: 1.5, currency: 'euro' } });

    expect(response.status).toBe(400);
    const { problems } = (await response.json()) as { problems: string[] };
    expect(problems.map((problem) => problem.split(' ')[0])).toEqual([
      'orderId',
      'card',
      'amount.cents',
      'amount.currency',
    ]);
    expect(await provider.witness.charges()).toEqual([]);
  });

  it('refuses a body that is not JSON', async () => {
    expect((await provider.charge('k-1', '{')).status).toBe(400);
  });

  it('keeps ledger and keys over a restart, even if a kill left half a line', async () => {
    const before = await provider.charge('k-1', chargeOf('order-1'));
    appendFileSync(provider.ledgerFile, '{"at":"2026');

    await provider.restart();

    const after = await provider.charge('k-1', chargeOf('order-1'));
    expect(after.status).toBe(200);
    expect(await after.json()).toEqual(await before.json());
    await provider.restart();
    expect((await provider.witness.charges()).map(({ outcome }) => outcome)).toEqual(['captured', 'repeated']);
  });

  it('names the line of a ledger that it cannot read', async () => {
    await provider.charge('k-1', chargeOf('order-1'));
    appendFileSync(provider.ledgerFile, 'no json\n');

    await expect(provider.restart()).rejects.toThrow(/^Line 2 of the ledger .*charges\.jsonl is not JSON/);
  });
});
