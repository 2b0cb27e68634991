import { expect, it } from '@jest/globals';
import type { Type } from '@nestjs/common';
import type { ClientKafka } from '@nestjs/microservices';
import { lastValueFrom } from 'rxjs';
import { claim } from '../claim.js';
import { Stage } from '../stage.js';
import { eventually } from '../stock-broker.js';
import { hearer } from '../stock-service.js';

/** kafkajs' number of tries, without its long pauses. */
const CONSUMER = { retry: { retries: 5, initialRetryTime: 20, maxRetryTime: 50 } };

claim(
  {
    number: 27,
    says: 'The queue may become stuck if an unresolvable error occurs.',
    verdict: 'true but incomplete',
    happens:
      'After six tries the consumer crashes, starts again, and is at the same message; what stands behind it waits for ever.',
    why: 'kafkajs does not go on past a message whose handler has failed, and nobody else can. Worse is the error that it does not try again: see claim 26.',
    right:
      'Catch it, write the message to a dead letter topic, wait for the broker to have it, return: `await lastValueFrom(this.kafka.emit(…))`.',
  },
  () => {
    const stage = new Stage();
    const MESSAGES = ['poison', 'behind it'];

    const charge = (payload: unknown): void => {
      if (payload === 'poison') throw new Error('no such product');
    };

    const start = async (topic: string, handler: Type) => {
      const service = await stage.start(topic, [handler], { consumer: CONSUMER });
      await stage.broker.send(topic, ...MESSAGES.map((value) => ({ partition: 0, value })));
      return service;
    };

    it('is stuck, over crashes and restarts: what stands behind it is not handled', async () => {
      const topic = await stage.topic('stuck');
      const heard: unknown[] = [];
      const service = await start(
        topic,
        hearer(topic, (payload) => (heard.push(payload), charge(payload))),
      );

      await eventually('it has crashed twice', () => service.crashes.length >= 2);
      expect(service.crashes).toMatchObject(service.crashes.map(() => ({ restart: true })));
      expect(heard.length).toBeGreaterThanOrEqual(12);
      expect(heard).not.toContain('behind it');
      expect(await stage.broker.committed(topic, topic)).toBe(-1);
    });

    it('goes on with a handler that makes a dead letter of what it can not handle', async () => {
      const topic = await stage.topic('going');
      const deadLetters = await stage.topic('dead-letters');
      const client = await stage.client();
      const heard: unknown[] = [];

      await start(
        topic,
        hearer(topic, async (payload) => {
          heard.push(payload);
          await chargeOrGiveUp(payload, client, deadLetters);
        }),
      );

      await eventually('the commit', async () => (await stage.broker.committed(topic, topic)) === 2);
      expect(heard).toEqual(MESSAGES);
      expect(await stage.broker.values(deadLetters)).toEqual(['{"payload":"poison","reason":"no such product"}']);
    });

    const chargeOrGiveUp = async (payload: unknown, client: ClientKafka, deadLetters: string): Promise<void> => {
      try {
        charge(payload);
      } catch (error) {
        await lastValueFrom(client.emit(deadLetters, { payload, reason: (error as Error).message }));
      }
    };
  },
);
