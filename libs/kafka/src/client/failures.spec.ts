import { describe, expect, it } from '@jest/globals';
import { describeFailure, isPassing, mayBeAboutAnotherTopic } from './failures.js';

const named = (name: string, message = 'kafkajs says so'): Error => Object.assign(new Error(message), { name });
const answer = (type: string): Error => Object.assign(named('KafkaJSProtocolError'), { type });
const retried = (cause: Error): Error => Object.assign(named('KafkaJSNumberOfRetriesExceeded'), { cause });

describe('a failure', () => {
  it.each([
    ['a connection that is refused', named('KafkaJSConnectionError')],
    ['a request without an answer', retried(named('KafkaJSRequestTimeoutError'))],
    ['a broker that has gone meanwhile', retried(named('Error', 'Broker not connected'))],
    ['a leader that is being elected', retried(answer('NOT_LEADER_FOR_PARTITION'))],
    ['a coordinator that is loading', answer('GROUP_LOAD_IN_PROGRESS')],
    ['replicas that are missing', answer('NOT_ENOUGH_REPLICAS')],
  ])('passes: %s', (_, error) => {
    expect(isPassing(error)).toBe(true);
  });

  it.each([
    ['a record that is too large', answer('MESSAGE_TOO_LARGE')],
    ['a topic that is missing', retried(answer('UNKNOWN_TOPIC_OR_PARTITION'))],
    ['a wrong password', named('KafkaJSSASLAuthenticationError')],
    ['a mistake of ours', new TypeError('undefined is not a function')],
  ])('does not pass: %s', (_, error) => {
    expect(isPassing(error)).toBe(false);
  });

  it('of the metadata may be about a topic that is not in the request', () => {
    expect(mayBeAboutAnotherTopic(retried(answer('UNKNOWN_TOPIC_OR_PARTITION')))).toBe(true);
    expect(mayBeAboutAnotherTopic(retried(answer('MESSAGE_TOO_LARGE')))).toBe(false);
  });

  it('is told in one line, with what the broker said', () => {
    expect(describeFailure(retried(answer('MESSAGE_TOO_LARGE')))).toBe('MESSAGE_TOO_LARGE: kafkajs says so');
  });
});
