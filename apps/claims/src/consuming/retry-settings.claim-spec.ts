import { expect, it } from '@jest/globals';
import { claim } from '../claim.js';
import { Stage } from '../stage.js';
import { eventually } from '../stock-broker.js';
import { hearer } from '../stock-service.js';

claim(
  {
    says: '`client: { retry: { retries: 1 } }` sets how often a failed message is tried again.',
    verdict: 'wrong',
    happens: 'It is tried six times, as without the setting.',
    why: 'A consumer takes over the pauses of its client, but not the number: where it has no `retry` of its own, kafkajs gives it `{ retries: 5 }`.',
    right: '`consumer: { groupId, retry: { retries: 1 } }`.',
  },
  () => {
    const stage = new Stage();
    const QUICK = { initialRetryTime: 20, maxRetryTime: 50 };

    /** How often a message that always fails is handled until the consumer crashes. */
    const triesWith = async (retry: { client?: object; consumer?: object }): Promise<number> => {
      const topic = await stage.topic('tried');
      let [tries, atCrash] = [0, 0];
      const fail = (): void => {
        tries++;
        throw new Error('the database is busy');
      };
      const service = await stage.start(topic, [hearer(topic, fail)], {
        client: { brokers: stage.broker.brokers, retry: { ...QUICK, ...retry.client } },
        ...(retry.consumer ? { consumer: { retry: retry.consumer } } : {}),
      });
      service.consumer.on(service.consumer.events.CRASH, () => (atCrash ||= tries));
      await stage.broker.send(topic, { value: 'poison' });
      await eventually('the consumer crashes', () => atCrash > 0);
      return atCrash;
    };

    it('changes nothing for messages where it is set for the client', async () => {
      expect(await triesWith({ client: { retries: 1 } })).toBe(6);
    });

    it('counts where it is set for the consumer', async () => {
      expect(await triesWith({ consumer: { retries: 1 } })).toBe(2);
    });
  },
);
