import { expect, it } from '@jest/globals';
import kafkajs from 'kafkajs';
import { claim } from '../claim.js';
import { Stage } from '../stage.js';
import { eventually } from '../stock-broker.js';
import { hearer } from '../stock-service.js';

claim(
  {
    number: 23,
    says: 'Kafka keeps messages for a default period, and its command line adjusts it.',
    verdict: 'true but incomplete',
    happens:
      'The printed command is cut off. With the rest of it, messages that are older vanish, also those that a service has not handled yet, and it is not told.',
    why: 'Retention looks at the age of messages, not at who has handled them; a group whose offset is gone goes on where `fromBeginning` says.',
    right:
      '`kafka-configs.sh --bootstrap-server localhost:9092 --alter --entity-type topics --entity-name myTopic --add-config retention.ms=604800000`',
  },
  () => {
    const stage = new Stage();

    // The same request to the broker as by command line, which is not everywhere.
    const keep = (topic: string, ms: number) =>
      stage.broker.admin.alterConfigs({
        validateOnly: false,
        resources: [
          {
            type: kafkajs.ConfigResourceTypes.TOPIC,
            name: topic,
            configEntries: [{ name: 'retention.ms', value: `${ms}` }],
          },
        ],
      });

    const offsets = async (topic: string) => {
      const [partition] = await stage.broker.admin.fetchTopicOffsets(topic);
      return { low: Number(partition?.low), high: Number(partition?.high) };
    };

    it('lets what is older vanish, without a restart', async () => {
      const topic = await stage.topic('kept');
      await stage.broker.send(topic, { value: 'one' }, { value: 'two' });
      const before = await stage.broker.values(topic);

      await keep(topic, 1);

      await eventually('the topic is empty', async () => (await offsets(topic)).low === 2);
      expect(before).toEqual(['one', 'two']);
      expect(await offsets(topic)).toEqual({ low: 2, high: 2 });
      expect(await stage.broker.values(topic)).toEqual([]);
    });

    it('is the only setting that is left where kafkajs changes it: what alterConfigs does not name is reset', async () => {
      const topic = await stage.topic('reset', 1, { 'max.message.bytes': '1000' });

      await keep(topic, 600_000);

      const { resources } = await stage.broker.admin.describeConfigs({
        includeSynonyms: false,
        resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: topic }],
      });
      const settings = new Map(
        resources[0]?.configEntries.map(({ configName, configValue }) => [configName, configValue]),
      );
      expect(settings.get('retention.ms')).toBe('600000');
      expect(settings.get('max.message.bytes')).not.toBe('1000');
    });

    it('lets what a service has not handled vanish as well: it goes on after it without a word', async () => {
      const topic = await stage.topic('unheard');
      const heard: unknown[] = [];
      const controllers = [hearer(topic, (payload) => heard.push(payload))];
      await stage.broker.send(topic, { value: 'one' });
      const first = await stage.start(topic, controllers);
      await eventually('the commit', async () => (await stage.broker.committed(topic, topic)) === 1);
      await first.close();
      await stage.broker.send(topic, { value: 'while it is down' });
      await keep(topic, 1);
      await eventually('it has vanished', async () => (await offsets(topic)).low === 2);
      await keep(topic, 600_000);

      const second = await stage.start(topic, controllers);

      // The first may fall to the retention that is just being lifted.
      await eventually('a later one', async () => {
        await stage.broker.send(topic, { value: 'later' });
        return heard.includes('later');
      });
      expect(new Set(heard)).toEqual(new Set(['one', 'later']));
      expect(second.crashes).toEqual([]);
    });
  },
);
