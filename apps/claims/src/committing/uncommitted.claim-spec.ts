import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import type { KafkaContext } from '@nestjs/microservices';
import { claim } from '../claim.js';
import { eventually, StockBroker, unique } from '../stock-broker.js';
import { hearer, startStock, type StockService } from '../stock-service.js';

claim(
  {
    says: 'With auto-commit off, a message that the handler does not commit is tried again.',
    verdict: 'wrong',
    happens:
      'The consumer goes on to the next message; the next commit of the partition skips the failed one for good.',
    why: 'A group has one position for each partition, no list of messages; it is read when a partition is assigned.',
    right: 'Throw for another try in place; a retry topic, and the commit afterwards, for one that waits alone.',
  },
  () => {
    let topic: string;
    let broker: StockBroker;
    let service: StockService;
    let tried: unknown[];

    beforeAll(async () => {
      broker = await StockBroker.connect();
    });

    beforeEach(async () => {
      topic = unique('uncommitted');
      tried = [];
      await broker.createTopic(topic);
    });

    afterEach(() => service.close());

    afterAll(() => broker.close());

    /** Commits what it has handled, right; catches and does not commit what fails. */
    const handle = async (payload: unknown, context: KafkaContext): Promise<void> => {
      tried.push(payload);
      if (payload === 'fails') return;
      const offset = `${BigInt(context.getMessage().offset) + 1n}`;
      await context.getConsumer().commitOffsets([{ topic, partition: context.getPartition(), offset }]);
    };

    const start = async (): Promise<void> => {
      service = await startStock(broker, topic, [hearer(topic, handle)], { run: { autoCommit: false } });
    };

    const restart = async (): Promise<void> => {
      await service.close();
      await start();
    };

    it('is gone when a later message is committed: not even a restart brings it back', async () => {
      await start();
      await broker.send(topic, { value: 'fails' }, { value: 'fine' });
      await eventually('the commit of the later one', async () => (await broker.committed(topic, topic)) === 2);

      await restart();
      await broker.send(topic, { value: 'sentinel' });

      await eventually('the sentinel', () => tried.includes('sentinel'));
      expect(tried).toEqual(['fails', 'fine', 'sentinel']);
    });

    it('is not tried again while the process runs, and comes back at a restart if nothing was committed after it', async () => {
      await start();
      await broker.send(topic, { value: 'fails' });
      await eventually('it is tried', () => tried.length === 1);
      await broker.send(topic, { value: 'fails' });
      await eventually('what follows', () => tried.length === 2);
      expect(await broker.committed(topic, topic)).toBe(-1);

      await restart();

      await eventually('both are tried again', () => tried.length === 4);
    });
  },
);
