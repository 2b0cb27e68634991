import { expect, it } from '@jest/globals';
import { lastValueFrom } from 'rxjs';
import { claim } from '../claim.js';
import { Stage } from '../stage.js';
import { eventually } from '../stock-broker.js';
import { hearer } from '../stock-service.js';

claim(
  {
    says: 'A handler is given key, value and type as they were emitted.',
    verdict: 'wrong',
    happens:
      'A number, a boolean and a date come back as text, and so does an object whose JSON is broken; text and keys that look like JSON come as objects.',
    why: 'Everything is text on the way, and NestJS parses what begins with `{` or `[`. Where that fails, it passes the text on.',
    right:
      "Emit objects with named fields, and check them in the handler's service: `@Payload(new ValidationPipe({ transform: true }))` with a class.",
  },
  () => {
    const stage = new Stage();

    const heardAfter = async (send: (topic: string) => Promise<unknown>) => {
      const topic = await stage.topic('parsed');
      const heard: { payload: unknown; key: unknown }[] = [];
      await stage.start(topic, [
        hearer(topic, (payload, context) => heard.push({ payload, key: context.getMessage().key })),
      ]);
      await send(topic);
      await eventually('the handler', () => heard.length > 0);
      return heard[0];
    };

    const emitted = async (said: unknown): Promise<unknown> => {
      const client = await stage.client();
      const heard = await heardAfter((topic) => lastValueFrom(client.emit(topic, said)));
      return heard?.payload;
    };

    it('is text for a number, a boolean and a date', async () => {
      const date = new Date(0);

      expect(await Promise.all([5, true, date].map(emitted))).toEqual(['5', 'true', date.toString()]);
    });

    it('is an object for text that looks like JSON, also for a key', async () => {
      const message = { key: '["a"]', value: '{"b":1}' };

      expect(await heardAfter((topic) => stage.broker.send(topic, message))).toEqual({ payload: { b: 1 }, key: ['a'] });
    });

    it('is text for JSON that is broken, without an error', async () => {
      const heard = await heardAfter((topic) => stage.broker.send(topic, { value: '{"orderId":' }));

      expect(heard?.payload).toBe('{"orderId":');
    });
  },
);
