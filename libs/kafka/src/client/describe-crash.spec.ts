import { describe, expect, it } from '@jest/globals';
import { KafkaConnection } from './connection.js';
import { describeCrash } from './group-consumer.js';
import { withDefaults } from './settings.js';

const connectionAs = (username?: string): KafkaConnection => {
  const sasl = username ? { sasl: { mechanism: 'plain', username, password: 'secret' } as const } : {};
  const connection = new KafkaConnection('billing', withDefaults({ brokers: ['127.0.0.1:1'], ...sasl }), 'one');
  connection.lastError = 'Connection Response FindCoordinator: GROUP_AUTHORIZATION_FAILED';
  return connection;
};

describe('the reason of a consumer that never comes back', () => {
  it('names the group and the user where kafkajs hides what the broker denied', () => {
    const error = new Error('Failed to find group coordinator');
    error.name = 'KafkaJSGroupCoordinatorNotFound';

    expect(describeCrash(error, 'billing', connectionAs('billing-user'))).toBe(
      'group billing: not authorised, or no coordinator (user billing-user; ' +
        'kafkajs said: Connection Response FindCoordinator: GROUP_AUTHORIZATION_FAILED)',
    );
    expect(describeCrash(error, 'billing', connectionAs())).toContain('(this service; ');
  });

  it('names the group and what the broker answered, in however many errors kafkajs has wrapped it', () => {
    const answer = Object.assign(new Error('Data is gone'), { type: 'OFFSET_OUT_OF_RANGE' });
    const error = new Error('Gone', { cause: new Error('again', { cause: answer }) });

    expect(describeCrash(error, 'billing', connectionAs('billing-user'))).toBe(
      'group billing: OFFSET_OUT_OF_RANGE: Data is gone',
    );
  });

  it('names the user, too, where the broker says that a right is lacking', () => {
    const answer = Object.assign(new Error('Not authorized to access topics'), { type: 'TOPIC_AUTHORIZATION_FAILED' });

    expect(describeCrash(new Error('Not authorized', { cause: answer }), 'billing', connectionAs('billing-user'))).toBe(
      'group billing: TOPIC_AUTHORIZATION_FAILED: Not authorized to access topics (user billing-user)',
    );
  });
});
