import { expect, it } from '@jest/globals';
import { claim } from '../claim.js';
import { Stage } from '../stage.js';
import { eventually } from '../stock-broker.js';
import { StockProcess } from '../stock-process.js';

claim(
  {
    says: 'A service tries again as it does in production when its tests run with `NODE_ENV=test`.',
    verdict: 'wrong',
    happens: 'kafkajs makes other pauses then: the third one is below 150 ms instead of above 600 ms.',
    why: 'kafkajs takes other defaults for retries when it is loaded with `NODE_ENV=test`, which Jest sets. What outlives a short outage in production gives up in a test, or the other way round.',
    right:
      'Run services under test in processes of their own, with `NODE_ENV=development`; or set `client.retry` and `consumer.retry` in full.',
  },
  () => {
    const stage = new Stage();

    /** The pause that kafkajs has come to at its third try. */
    const pause = async (environment: string): Promise<number> => {
      const topic = await stage.topic(environment);
      await stage.broker.send(topic, { value: 'fails' });
      const service = new StockProcess(stage, topic, { NODE_ENV: environment, RETRY: '{"retries":2}' });
      const crash = () => service.said.find((line) => line.startsWith('crashed '));
      await eventually('it gives up', () => crash() !== undefined);
      await service.end('SIGKILL');
      const { retryTime, retryCount } = JSON.parse(crash()?.slice('crashed '.length) ?? '') as Record<string, number>;
      expect(retryCount).toBe(2);
      return retryTime ?? NaN;
    };

    it('makes short pauses with test, and those of production with anything else', async () => {
      const [test, development] = await Promise.all(['test', 'development'].map(pause));

      // 50 ms × 1.5² give or take 2 % at each step, and 300 ms × 2² give or take 20 %.
      expect(test).toBeLessThan(150);
      expect(development).toBeGreaterThan(600);
    });
  },
);
