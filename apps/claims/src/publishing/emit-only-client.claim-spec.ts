import { expect, it } from '@jest/globals';
import { ClientKafka } from '@nestjs/microservices';
import { lastValueFrom } from 'rxjs';
import { claim } from '../claim.js';
import { Stage } from '../stage.js';
import { eventually, unique } from '../stock-broker.js';

claim(
  {
    says: 'A `ClientKafka` that only emits is a producer.',
    verdict: 'wrong',
    happens:
      'It has a consumer as well, which joins a group before the first message goes out: with the default settings of a broker that takes three seconds.',
    why: 'A client might ask, and so it subscribes to replies, of which there are none.',
    right: '`options: { client, producerOnlyMode: true }`.',
  },
  () => {
    const stage = new Stage();

    /** Whether a client that has emitted is in a group. */
    const joins = async (options: { producerOnlyMode?: boolean }): Promise<boolean> => {
      const [topic, groupId] = [await stage.topic('emitted'), unique('emitting')];
      const client = new ClientKafka({
        client: { brokers: stage.broker.brokers, logLevel: 0 },
        consumer: { groupId, maxWaitTimeInMs: 100 },
        postfixId: '',
        ...options,
      });
      stage.afterwards(() => client.close());
      await lastValueFrom(client.emit(topic, 'something'));
      await eventually('the message', async () => (await stage.broker.values(topic)).length === 1);
      return (await stage.broker.groups()).includes(groupId);
    };

    it('joins a group in order to emit', async () => {
      expect(await joins({})).toBe(true);
    });

    it('joins none with producerOnlyMode: true', async () => {
      expect(await joins({ producerOnlyMode: true })).toBe(false);
    });
  },
);
