import { expect, it } from '@jest/globals';
import { firstValueFrom, lastValueFrom } from 'rxjs';
import { claim } from '../claim.js';
import { Stage } from '../stage.js';
import { eventually, unique } from '../stock-broker.js';
import { hearer } from '../stock-service.js';
import { answering, answeringByHand } from './answering.js';

claim(
  {
    number: 21,
    says: 'The response is received by all consumer groups registered to the topic in `replyTo`.',
    verdict: 'true',
    happens: 'A service that has asked nothing handles the response as well, and can not see that it is not meant.',
    why: 'Each group has all of a topic. Replies of `client.send()` go to the one partition that its caller holds, and NestJS drops what carries no correlation id of its own.',
    right: '`client.send()`: only the caller sees its reply.',
  },
  () => {
    const stage = new Stage();

    it('as printed reaches a group that has not asked', async () => {
      const [topic, replyTo] = [await stage.topic('request'), await stage.topic('response')];
      const client = await stage.client();
      const heard = { orders: [] as unknown[], reports: [] as unknown[] };
      await stage.start(topic, [answeringByHand(topic, client)]);
      for (const name of ['orders', 'reports'] as const)
        await stage.start(unique(name), [hearer(replyTo, (payload) => heard[name].push(payload))]);

      await lastValueFrom(client.emit(topic, { data: 'from orders', replyTo }));

      await eventually('both hear it', () => heard.orders.length > 0 && heard.reports.length > 0);
      expect(heard).toEqual({ orders: [{ data: 'response' }], reports: [{ data: 'response' }] });
    });

    it('reaches the caller only with client.send(), on a partition that no other replica of it reads', async () => {
      const topic = await stage.topic('request');
      await stage.broker.createTopic(`${topic}.reply`, 2);
      await stage.start(topic, [answering(topic)]);
      const group = unique('orders');
      const [one, other] = [await stage.client(group, topic), await stage.client(group, topic)];
      const reply = `${topic}.reply`;
      await eventually('each replica has a partition', () =>
        [one, other].every((client) => client.getConsumerAssignments()[reply] !== undefined),
      );
      await eventually(
        'two partitions',
        () => one.getConsumerAssignments()[reply] !== other.getConsumerAssignments()[reply],
      );

      for (const data of ['a', 'b', 'c']) await firstValueFrom(one.send(topic, { data }));

      const mine = one.getConsumerAssignments()[reply];
      expect((await stage.broker.records(reply)).map(({ partition }) => partition)).toEqual([mine, mine, mine]);
    });
  },
);
