import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { PoisonSender, POISONS, type StockEnding } from '@fieldguide/poison';
import { claim } from '../claim.js';
import { StockBroker } from '../stock-broker.js';
import { PoisonedService, type Seen } from './poisoned-service.js';

/** So many services run side by side. */
const AT_ONCE = 8;

/** What was heard, and whether the group got past the poison, which stands at offset 1. */
const EXPECTED: Readonly<Record<StockEnding, object>> = {
  handled: { heard: expect.arrayContaining(['before', 'poison', 'after']), isPast: true },
  'handled-otherwise': { heard: expect.arrayContaining(['before', 'poison', 'after']), isPast: true },
  nothing: { heard: ['before', 'after'], isPast: true },
  blocks: { heard: ['before'], isPast: false },
  // The whole fetch can't be read.
  ends: { heard: [], isPast: false, members: 0 },
};

const facts = {
  says: 'A `ValidationPipe` keeps bad messages away from the service',
  verdict: 'harmful',
  happens:
    'A message that it refuses is tried again for ever and blocks all behind it: [kind by kind](patterns/poison.md).',
  why: 'The refusal is an exception like any other, and the message the same at each try.',
  right: 'Validate in the handler, and turn what is refused into a dead letter.',
} as const;

/** Ours makes one dead letter and goes on: `apps/e2e/src/poison.e2e-spec.ts`, with the same list. */
claim(facts, () => {
  describe('a stock consumer with a ValidationPipe that is given poison', () => {
    const seen = new Map<string, Seen>();
    let broker: StockBroker;

    beforeAll(async () => {
      broker = await StockBroker.connect();
      const services = POISONS.map((poison) => new PoisonedService(broker, poison));
      const sender = await new PoisonSender(broker.kafka).connect();
      // All of it before the first consumer runs: meanwhile kafkajs knows codecs that it has not by itself.
      for (const service of services) await service.fill(sender);
      await sender.close();
      for (let at = 0; at < services.length; at += AT_ONCE) {
        const wave = services.slice(at, at + AT_ONCE);
        await Promise.all(wave.map(async (service) => seen.set(service.poison.name, await service.run())));
      }
    }, 900_000);

    afterAll(() => broker.close());

    it.each(POISONS.map(({ name, stock }) => [name, stock] as const))('%s: %s', (name, stock) => {
      const { committed = NaN, ...rest } = seen.get(name) ?? {};

      expect({ ...rest, isPast: committed > 1 }).toMatchObject({ ending: stock, ...EXPECTED[stock] });
    });
  });
});
