import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { claim } from '../claim.js';
import { eventually, StockBroker, unique } from '../stock-broker.js';
import { hearer, startStock, type StockService } from '../stock-service.js';

const PARTITIONS = 4;

const facts = {
  says: 'In a rolling deploy the new version reads its new topics',
  verdict: 'wrong',
  happens:
    'As long as an old replica leads the group, nobody has the partitions of a topic that only the new version ' +
    'handles.',
  why: 'The leader hands out the partitions of the topics that it subscribes to itself.',
  right: 'A group of its own for the new topic, or a deploy that stops the old version first.',
} as const;

/** Ours looks at each member's subscription: `libs/kafka/src/sharing-load/sharing-load.broker-spec.ts`. */
claim(facts, () => {
  describe('a rolling deploy that brings a new topic', () => {
    const [known, fresh, group] = [unique('known'), unique('fresh'), unique('deploy')];
    const heard: unknown[] = [];
    let broker: StockBroker;
    let old: StockService;
    let young: StockService;

    beforeAll(async () => {
      broker = await StockBroker.connect();
      await broker.createTopic(known, PARTITIONS);
      await broker.createTopic(fresh, PARTITIONS);
      const controllers = [known, fresh].map((topic) => hearer(topic, (payload) => heard.push(payload)));
      const options = { consumer: { heartbeatInterval: 200 } };
      old = await startStock(broker, group, controllers.slice(0, 1), options);
      await eventually('the old version has joined', async () => (await broker.members(group)) === 1);
      young = await startStock(broker, group, controllers, options);
      await eventually('both are in the group', async () => (await broker.members(group)) === 2);
    });

    afterAll(async () => {
      await young.close();
      await broker.close();
    });

    const toEach = (said: string) =>
      Array.from({ length: PARTITIONS }, (_, partition) => ({ partition, value: `${said} ${partition}` }));

    it('leaves its messages unread as long as an old replica leads, without a crash or a commit', async () => {
      await broker.send(fresh, ...toEach('new'));
      await broker.send(known, ...toEach('old'));

      await eventually('those of the known topic', () => heard.length >= PARTITIONS);
      expect([...heard].sort()).toEqual(toEach('old').map(({ value }) => value));
      expect([...old.crashes, ...young.crashes]).toEqual([]);
      for (let partition = 0; partition < PARTITIONS; partition++)
        expect(await broker.committed(group, fresh, partition)).toBe(-1);
    });

    it('has them read when the last old replica is gone', async () => {
      await old.close();

      await eventually('those of the new topic', () => heard.length === PARTITIONS * 2);
      expect([...heard].sort().slice(0, PARTITIONS)).toEqual(toEach('new').map(({ value }) => value));
    });
  });
});
