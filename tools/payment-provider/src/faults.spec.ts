import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { chargeOf, ProviderUnderTest } from './provider-under-test.js';

describe('a payment provider that was told to misbehave', () => {
  let provider: ProviderUnderTest;
  beforeEach(async () => {
    provider = await new ProviderUnderTest().start();
  });
  afterEach(() => provider.remove());

  const chargeMany = async (count: number): Promise<number[]> => {
    const statuses: number[] = [];
    for (let i = 0; i < count; i++) statuses.push((await provider.charge(`k-${i}`, chargeOf(`order-${i}`))).status);
    return statuses;
  };

  it('is slow', async () => {
    await provider.witness.faults({ latencyMs: 80 });

    const start = performance.now();
    await provider.charge('k-1', chargeOf('order-1'));

    expect(performance.now() - start).toBeGreaterThanOrEqual(75);
  });

  it('fails, half of the time before and half after booking, and a repeated key books no second charge', async () => {
    await provider.witness.faults({ failureRate: 1 });

    const statuses = [await chargeMany(4), await chargeMany(4)].flat();

    expect(statuses).toEqual(Array.from({ length: 8 }, () => 500));
    expect((await provider.witness.charges()).map(({ outcome, booked }) => [outcome, booked])).toEqual([
      ...[false, true, false, true].map((booked) => ['failed', booked]),
      ...[false, false, false, false].map((booked) => ['failed', booked]),
    ]);
    await provider.witness.clearFaults();
    expect(await chargeMany(4)).toEqual([201, 200, 201, 200]);
  });

  it('fails the same charges for the same seed', async () => {
    await provider.witness.faults({ failureRate: 0.5, seed: 7 });
    const first = await chargeMany(20);

    await provider.witness.faults({ seed: 7 });

    const expected = first.map((status) => (status === 500 ? 500 : 200));
    expect((await chargeMany(20)).map((status) => (status === 500 ? 500 : 200))).toEqual(expected);
    expect(new Set(expected)).toEqual(new Set([200, 500]));
  });

  it('books and drops the connection, and answers when the key comes back', async () => {
    await provider.witness.faults({ loseAnswers: true });

    await expect(provider.charge('k-1', chargeOf('order-1'))).rejects.toThrow();

    const [lost] = await provider.witness.charges('order-1');
    expect(lost).toMatchObject({ outcome: 'lost', booked: true });
    await provider.witness.faults({ loseAnswers: false });
    const response = await provider.charge('k-1', chargeOf('order-1'));
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ paymentId: lost?.paymentId });
  });

  it('refuses connections while it is down, keeps witness and faults reachable, and comes back', async () => {
    await provider.witness.faults({ down: true });

    const refused = await provider.charge('k-1', chargeOf('order-1')).catch((error: Error) => error.cause);

    expect(refused).toMatchObject({ code: 'ECONNREFUSED' });
    expect(await provider.witness.charges()).toEqual([]);
    await provider.witness.faults({ down: false });
    expect((await provider.charge('k-1', chargeOf('order-1'))).status).toBe(201);
  });

  it('books nothing for charges that wait when it goes down', async () => {
    await provider.witness.faults({ latencyMs: 300 });
    const waiting = [provider.url, provider.controlUrl].map((url, i) =>
      provider.charge(`k-${i}`, chargeOf(`order-${i}`), url).catch(() => 'dropped'),
    );
    await provider.waiting(2);

    await provider.witness.faults({ down: true });

    expect(await Promise.all(waiting)).toEqual(['dropped', 'dropped']);
    expect((await provider.witness.charges()).map(({ outcome, booked }) => [outcome, booked])).toEqual([
      ['failed', false],
      ['failed', false],
    ]);
  });

  it('goes down and answers, when told so on the port that goes down', async () => {
    const response = await fetch(`${provider.url}/faults`, { method: 'PUT', body: '{ "down": true }' });

    expect(await response.json()).toMatchObject({ down: true });
    await expect(fetch(`${provider.url}/health`)).rejects.toThrow();
  });

  it('declines the cards it was told to', async () => {
    await provider.witness.faults({ declinedCards: ['tok_visa'] });

    expect((await provider.charge('k-1', chargeOf('order-1'))).status).toBe(402);
    expect((await provider.charge('k-2', chargeOf('order-1', 'tok_amex'))).status).toBe(201);
  });

  it('refuses the cards it was told to, and books nothing', async () => {
    await provider.witness.faults({ refusedCards: ['tok_amex'] });

    expect((await provider.charge('k-1', chargeOf('order-1', 'tok_amex'))).status).toBe(403);
    expect((await provider.charge('k-2', chargeOf('order-2'))).status).toBe(201);
    expect(await provider.witness.charges('order-1')).toMatchObject([{ outcome: 'refused', booked: false }]);
  });

  it('fails each charge of a card as often as it was told, before booking and after it, and no other card', async () => {
    await provider.witness.faults({ failingCards: { tok_amex: 3 } });
    const charge = async (key: string, card?: string): Promise<number> =>
      (await provider.charge(key, chargeOf(key, card))).status;

    const statuses: number[] = [];
    for (const key of ['k-1', 'k-1', 'k-2', 'k-1', 'k-1', 'k-2']) statuses.push(await charge(key, 'tok_amex'));

    expect(statuses).toEqual([500, 500, 500, 500, 200, 500]);
    expect(await charge('k-3')).toBe(201);
    expect((await provider.witness.charges('k-1')).map(({ outcome, booked }) => [outcome, booked])).toEqual([
      ['failed', false],
      ['failed', true],
      ['failed', false],
      ['repeated', false],
    ]);
  });

  it('changes nothing when a fault is not valid, and names each that is not', async () => {
    const change = provider.witness.faults({
      latencyMs: -1,
      failureRate: 2,
      lose: true,
      down: true,
      failingCards: { tok_visa: -1 },
    } as object);

    await expect(change).rejects.toThrow(
      /nothing was changed\. latencyMs .* failureRate .* lose is not a fault.* failingCards must be/,
    );
    const shown = await fetch(`${provider.controlUrl}/faults`);
    expect(await shown.json()).toMatchObject({ latencyMs: 0, failureRate: 0, down: false });
  });
});
