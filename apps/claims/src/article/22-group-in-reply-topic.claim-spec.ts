import { expect, it } from '@jest/globals';
import { firstValueFrom, lastValueFrom } from 'rxjs';
import { claim } from '../claim.js';
import { Stage } from '../stage.js';
import { eventually, unique } from '../stock-broker.js';
import { hearer } from '../stock-service.js';
import { answering, answeringByHand } from './answering.js';

const GROUP = 'senderGroup';

claim(
  {
    number: 22,
    says: "The group's name in the response's topic limits the response to the group that has asked.",
    verdict: 'true but incomplete',
    happens:
      'To the group, but not to the replica: half of the responses come to a replica that has not asked. And whoever names that topic reads it.',
    why: 'Inside a group a partition decides who gets a message, and the responder does not know which one the caller holds. As the article says, it is a convention and no protection: that takes ACLs.',
    right: '`client.send()`: the request carries the partition of its caller in `kafka_replyPartition`.',
  },
  () => {
    const stage = new Stage();

    /** The topic of requests, and that of the responses to the group. */
    const serve = async () => {
      const [topic, replyTo] = [await stage.topic('request'), unique('response')];
      await stage.broker.createTopic(`${GROUP}-${replyTo}`, 2);
      const client = await stage.client();
      await stage.start(topic, [answeringByHand(topic, client)]);
      const request = { data: 'request', replyTo, consumerGroup: GROUP };
      return { ask: () => lastValueFrom(client.emit(topic, { ...request })), responses: `${GROUP}-${replyTo}` };
    };

    it('as printed gives a replica that has asked nothing half of the responses', async () => {
      const { ask, responses } = await serve();
      const heard = { asking: 0, idle: 0 };
      const group = unique(GROUP);
      for (const replica of ['asking', 'idle'] as const) {
        await stage.start(group, [hearer(responses, () => heard[replica]++)], { consumer: { heartbeatInterval: 200 } });
      }
      await eventually('both are in the group', async () => (await stage.broker.members(group)) === 2);

      for (let time = 0; time < 4; time++) await ask();

      await eventually('all of them', () => heard.asking + heard.idle === 4);
      expect(heard).toEqual({ asking: 2, idle: 2 });
    });

    it('as printed can be read by any other group that names the topic', async () => {
      const { ask, responses } = await serve();
      const read: unknown[] = [];
      await stage.start(unique('stranger'), [hearer(responses, (payload) => read.push(payload))]);

      await ask();

      await eventually('the stranger', () => read.length > 0);
      expect(read).toEqual([{ data: 'response' }]);
    });

    it('gives the replica that has asked each of its replies with client.send()', async () => {
      const topic = await stage.topic('request');
      await stage.broker.createTopic(`${topic}.reply`, 2);
      await stage.start(topic, [answering(topic)]);
      const group = unique('orders');
      const [asking, idle] = [await stage.client(group, topic), await stage.client(group, topic)];
      await eventually('each has a partition', async () => {
        const held = [asking, idle].map((client) => client.getConsumerAssignments()[`${topic}.reply`]);
        return (await stage.broker.members(group)) === 2 && new Set(held).size === 2 && !held.includes(undefined);
      });

      for (const data of ['a', 'b', 'c', 'd'])
        expect(await firstValueFrom(asking.send(topic, { data }))).toEqual({ data: 'response', to: data });
    });
  },
);
