import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { lastValueFrom } from 'rxjs';
import { claim } from '../claim.js';
import { Stage } from '../stage.js';
import { eventually } from '../stock-broker.js';

claim(
  {
    says: '`this.kafka.emit(topic, data)`, as the article prints it, says so when the message could not be written.',
    verdict: 'harmful',
    happens: 'The message is not written, and nobody hears of it: no exception, no unhandled rejection.',
    why: '`emit()` sends at once and gives an Observable; the error of an Observable without a subscriber goes nowhere.',
    right: '`await lastValueFrom(this.kafka.emit(topic, data))`.',
  },
  () => {
    const stage = new Stage();
    const unhandled: unknown[] = [];
    const keep = (error: unknown): void => void unhandled.push(error);

    beforeAll(() => void process.on('unhandledRejection', keep).on('uncaughtException', keep));

    afterAll(() => void process.off('unhandledRejection', keep).off('uncaughtException', keep));

    it('as printed loses a message that the broker refuses, without a sign', async () => {
      const topic = await stage.topic('small', 1, { 'max.message.bytes': '200' });
      const client = await stage.client();
      const refused = { isSettled: false };
      const producer = await client.connect();
      const send = producer.send.bind(producer);
      producer.send = (record) => send(record).finally(() => (refused.isSettled = true));

      client.emit(topic, 'x'.repeat(2_000));

      await eventually('the broker has answered', () => refused.isSettled);
      await lastValueFrom(client.emit(topic, 'later'));
      expect(await stage.broker.values(topic)).toEqual(['later']);
      expect(unhandled).toEqual([]);
    });

    it('tells whoever waits for it', async () => {
      const topic = await stage.topic('small', 1, { 'max.message.bytes': '200' });
      const client = await stage.client();

      await expect(lastValueFrom(client.emit(topic, 'x'.repeat(2_000)))).rejects.toThrow('larger than the max message');
    });
  },
);
