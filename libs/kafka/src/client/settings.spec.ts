import { describe, expect, it } from '@jest/globals';
import { SettingsError } from '../errors.js';
import { withDefaults } from './settings.js';

const brokers = ['127.0.0.1:9092'];

describe('Kafka settings', () => {
  it('have defaults, also where undefined was given for one', () => {
    const resolved = withDefaults({
      brokers,
      replica: undefined,
      startTimeoutMs: undefined,
      drainMs: 500,
    });

    expect(resolved).toMatchObject({
      ssl: false,
      startTimeoutMs: 6_000,
      drainMs: 500,
      retryPausesMs: [100, 500],
      keepOrderPausesMs: [100, 500, 2_000, 5_000],
      timeLimitMs: 30_000,
    });
  });

  it('let a publish outlast what a cluster with default settings takes to give up a broker', () => {
    const brokerSessionMs = 9_000;
    // The request that waits for the lost broker, and the one behind it, take 4 s each at most.
    const requestsMs = 2 * 4_000;

    expect(withDefaults({ brokers }).publishTimeoutMs).toBeGreaterThan(brokerSessionMs + requestsMs);
  });

  it('are refused with every mistake in one sentence', () => {
    const bounds = { publishQueueBytes: 0, retryPausesMs: [NaN], replica: 1.5 };
    const wrong = { brokers: ['kafka'], heartbeatMs: 3_000, drainMs: -1, ...bounds };

    expect(() => withDefaults(wrong)).toThrow(SettingsError);
    expect(() => withDefaults(wrong)).toThrow(
      'Kafka settings: brokers has "kafka", host:port is needed; drainMs is -1, milliseconds above 0 are needed; ' +
        'publishQueueBytes is 0, bytes above 0 are needed; ' +
        'retryPausesMs is [NaN], milliseconds are needed; heartbeatMs (3000) must be less than half of sessionTimeoutMs (6000); ' +
        'replica is 1.5, a whole number is needed.',
    );
  });

  it('are refused without a broker', () => {
    expect(() => withDefaults({ brokers: [] })).toThrow('brokers is empty');
  });

  it('may say that nothing is tried again in place', () => {
    expect(withDefaults({ brokers, retryPausesMs: [] }).retryPausesMs).toEqual([]);
  });
});
