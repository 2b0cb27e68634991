import { describe, expect, it } from '@jest/globals';
import { KafkaMetrics } from './metrics.js';

describe('what is counted', () => {
  it('has what health says when it is read, as one of three', async () => {
    const metrics = new KafkaMetrics();
    let status = 'ok';
    metrics.watchHealth(() => status);
    const read = async () =>
      (await metrics.registry.metrics()).split('\n').filter((line) => /^kafka_health\{/.test(line));

    expect(await read()).toContain('kafka_health{status="ok"} 1');
    status = 'dead';
    expect(await read()).toEqual([
      'kafka_health{status="ok"} 0',
      'kafka_health{status="degraded"} 0',
      'kafka_health{status="dead"} 1',
    ]);
  });
});
