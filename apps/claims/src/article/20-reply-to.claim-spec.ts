import { expect, it } from '@jest/globals';
import { firstValueFrom, lastValueFrom } from 'rxjs';
import { claim } from '../claim.js';
import { Stage } from '../stage.js';
import { eventually, unique } from '../stock-broker.js';
import { answering, answeringByHand } from './answering.js';

claim(
  {
    number: 20,
    says: 'Request and reply are an `emit()` with `replyTo` in the payload, and an `emit()` back.',
    verdict: 'imprecise',
    happens:
      'A response comes, and nothing in it says which request it answers: two requests get two responses that are the same.',
    why: '`replyTo` is a convention of its own, without the correlation id that the article names. NestJS has one in headers: `kafka_correlationId`, `kafka_replyTopic`, `kafka_replyPartition`.',
    right:
      "`client.send('requestTopic', data)` and a `@MessagePattern`: each caller gets the reply to its own request.",
  },
  () => {
    const stage = new Stage();

    it('as printed gives two requests two responses that nobody can tell apart', async () => {
      const [topic, replyTo] = [await stage.topic('request'), await stage.topic('response')];
      const client = await stage.client();
      await stage.start(topic, [answeringByHand(topic, client)]);

      await lastValueFrom(client.emit(topic, { data: 'one', replyTo }));
      await lastValueFrom(client.emit(topic, { data: 'two', replyTo }));

      await eventually('both responses', async () => (await stage.broker.records(replyTo)).length === 2);
      const response = { partition: 0, key: null, value: '{"data":"response"}', headers: [] };
      expect(await stage.broker.records(replyTo)).toEqual([response, response]);
    });

    it('gives each caller the reply to its own request with client.send(): the headers say whose it is', async () => {
      const topic = await stage.topic('request');
      await stage.broker.createTopic(`${topic}.reply`);
      await stage.start(topic, [answering(topic)]);
      const client = await stage.client(unique('asking'), topic);

      const asked = ['one', 'two', 'three'].map((data) => firstValueFrom(client.send<object>(topic, { data })));

      expect(await Promise.all(asked)).toEqual(['one', 'two', 'three'].map((to) => ({ data: 'response', to })));
      for (const { headers } of await stage.broker.records(`${topic}.reply`))
        expect(headers).toContain('kafka_correlationId');
    });
  },
);
