import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ClientKafka } from '@nestjs/microservices';
import { lastValueFrom } from 'rxjs';
import { claim } from '../claim.js';
import { eventually, StockBroker, unique } from '../stock-broker.js';
import { hearer, startStock, type StockService } from '../stock-service.js';

const facts = {
  says: 'A handler gets what was emitted',
  verdict: 'wrong',
  happens:
    'An object with a field called `value` or `key` loses the others, a tombstone is the whole record, a number ' +
    'is text, and a header that looks like JSON an object.',
  why: 'The serializer takes such an object for a record, and the parser guesses from the first character.',
  right: '`emit(topic, { key, value: JSON.stringify(event) })`, and a `deserializer` of your own.',
} as const;

/**
 * Ours gives the contract's fields as they were, and `null` for a tombstone:
 * `libs/kafka/src/handling/incoming.spec.ts`.
 */
claim(facts, () => {
  describe('payloads on their way through stock NestJS', () => {
    const topic = unique('mangled');
    const heard: { payload: unknown; headers: unknown }[] = [];
    let broker: StockBroker;
    let client: ClientKafka;
    let service: StockService;

    beforeAll(async () => {
      broker = await StockBroker.connect();
      await broker.createTopic(topic);
      const controller = hearer(topic, (payload, context) => {
        heard.push({ payload, headers: context.getMessage().headers });
      });
      service = await startStock(broker, topic, [controller]);
      client = new ClientKafka({ client: { brokers: broker.brokers, logLevel: 0 }, producerOnlyMode: true });
      await client.connect();
    });

    afterAll(async () => {
      await service.close();
      await client.close();
      await broker.close();
    });

    const hearNext = async (say: () => Promise<unknown>) => {
      const before = heard.length;
      await say();
      await eventually('the handler hears it', () => heard.length > before);
      return heard[before];
    };

    it('lose every other field of an object that has one called value', async () => {
      const measured = { sensor: 'cellar', value: 21 };

      expect(await hearNext(() => lastValueFrom(client.emit(topic, measured)))).toMatchObject({ payload: '21' });
    });

    it('lose everything where an object has a field called key, and the handler gets the record', async () => {
      const setting = { key: 'theme', colour: 'dark' };

      const { payload } = (await hearNext(() => lastValueFrom(client.emit(topic, setting)))) ?? {};
      expect(payload).toMatchObject({ key: 'theme', value: null, topic, partition: 0 });
      expect(payload).not.toHaveProperty('colour');
    });

    it('are the whole record instead of null, for a tombstone', async () => {
      const { payload } = (await hearNext(() => broker.send(topic, { key: 'gone', value: null }))) ?? {};

      expect(payload).toMatchObject({ key: 'gone', value: null, topic, partition: 0 });
    });

    it('are text where a number was said, and an object where a header looks like JSON', async () => {
      const message = { value: '5', headers: { note: '{"a":1}' } };

      expect(await hearNext(() => broker.send(topic, message))).toEqual({ payload: '5', headers: { note: { a: 1 } } });
    });
  });
});
