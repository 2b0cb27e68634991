import { expect, it } from '@jest/globals';
import { Controller, type Type } from '@nestjs/common';
import { MessagePattern } from '@nestjs/microservices';
import { EMPTY, firstValueFrom, lastValueFrom, Subject } from 'rxjs';
import { claim } from '../claim.js';
import { Stage } from '../stage.js';
import { eventually } from '../stock-broker.js';
import { hearer } from '../stock-service.js';

claim(
  {
    number: 19,
    says: "`return { data: 'response' }` in a `@MessagePattern` makes no sense.",
    verdict: 'wrong',
    happens:
      'Where the request came by `client.send()`, the value is the reply. That of an `@EventPattern` goes nowhere; but an Observable is waited for, and one that completes empty makes the message come again.',
    why: 'NestJS sends what a `@MessagePattern` returns to the topic in the header `kafka_replyTopic`, with the correlation id of the request.',
    right:
      "`await firstValueFrom(client.send('requestTopic', data))`, after `client.subscribeToResponseOf('requestTopic')` and `await client.connect()`.",
  },
  () => {
    const stage = new Stage();
    const RESPONSE = { data: 'response' };

    it('is the reply to client.send(), on the reply topic, with a correlation id', async () => {
      const topic = await stage.topic('asked');
      await stage.broker.createTopic(`${topic}.reply`);
      await stage.start(topic, [answering(topic)]);
      const client = await stage.client(`${topic}-asking`, topic);

      expect(await firstValueFrom(client.send(topic, {}))).toEqual(RESPONSE);
      const [reply] = await stage.broker.records(`${topic}.reply`);
      expect(reply).toMatchObject({ value: JSON.stringify(RESPONSE) });
      expect(reply?.headers).toContain('kafka_correlationId');
    });

    it('goes nowhere from an @EventPattern, which is committed', async () => {
      const topic = await stage.topic('told');
      await stage.broker.createTopic(`${topic}.reply`);
      await stage.start(topic, [hearer(topic, () => RESPONSE)]);
      const client = await stage.client();

      await lastValueFrom(client.emit(topic, {}));

      await eventually('the commit', async () => (await stage.broker.committed(topic, topic)) === 1);
      expect(await stage.broker.records(`${topic}.reply`)).toEqual([]);
    });

    it('is waited for where it is an Observable: the next message begins when it has completed', async () => {
      const topic = await stage.topic('observed');
      const running = new Subject<string>();
      const begun: unknown[] = [];
      const observed = hearer(topic, (payload) => (begun.push(payload), running));
      await stage.start(topic, [observed]);
      await stage.broker.send(topic, { value: 'one' }, { value: 'two' });
      await eventually('the first', () => running.observed);

      const atFirst = [...begun];
      running.next('a value');
      running.complete();

      expect(atFirst).toEqual(['one']);
      // A subject that has completed is empty for who comes later.
      await eventually('the second', () => begun.includes('two'));
      expect(begun.slice(0, 2)).toEqual(['one', 'two']);
    });

    it('brings the message again where it is an Observable that completes without a value', async () => {
      const topic = await stage.topic('empty');
      let times = 0;
      const consumer = { retry: { initialRetryTime: 20, maxRetryTime: 50 } };
      await stage.start(topic, [hearer(topic, () => (++times < 3 ? EMPTY : undefined))], { consumer });
      await stage.broker.send(topic, { value: 'handled?' });

      await eventually('the commit', async () => (await stage.broker.committed(topic, topic)) === 1);
      expect(times).toBe(3);
    });

    function answering(topic: string): Type {
      @Controller()
      class Answering {
        @MessagePattern(topic)
        handle(): object {
          return RESPONSE;
        }
      }
      return Answering;
    }
  },
);
