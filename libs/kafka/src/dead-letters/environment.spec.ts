import { describe, expect, it } from '@jest/globals';
import { settingsFrom } from './environment.js';

const LOGIN = { KAFKA_SASL_MECHANISM: 'scram-sha-512', KAFKA_SASL_USERNAME: 'ops', KAFKA_SASL_PASSWORD: 's3cret' };

describe('the environment of an operator', () => {
  it('names brokers, TLS and a login; the command line may name other brokers', () => {
    const environment = { KAFKA_BROKERS: 'a:9092,b:9092', KAFKA_SSL: 'true', ...LOGIN };

    expect(settingsFrom(environment)).toEqual({
      brokers: ['a:9092', 'b:9092'],
      ssl: true,
      sasl: { mechanism: 'scram-sha-512', username: 'ops', password: 's3cret' },
    });
    expect(settingsFrom(environment, 'c:9092').brokers).toEqual(['c:9092']);
  });

  it('needs neither TLS nor a login', () => {
    expect(settingsFrom({ KAFKA_BROKERS: 'a:9092', KAFKA_SSL: '' })).toEqual({ brokers: ['a:9092'], ssl: false });
  });

  it.each([
    [{ KAFKA_SSL: 'yes' }, 'KAFKA_SSL is "yes": true or false is needed.'],
    [{ ...LOGIN, KAFKA_SASL_PASSWORD: '' }, 'KAFKA_SASL_PASSWORD missing: all three are needed, or none.'],
    [
      { KAFKA_SASL_USERNAME: 'ops' },
      'KAFKA_SASL_MECHANISM and KAFKA_SASL_PASSWORD missing: all three are needed, or none.',
    ],
    [
      { ...LOGIN, KAFKA_SASL_MECHANISM: 'gssapi' },
      'KAFKA_SASL_MECHANISM is "gssapi": one of plain, scram-sha-256, scram-sha-512 is needed.',
    ],
  ])('is refused with a sentence: %j', (environment, sentence) => {
    expect(() => settingsFrom(environment)).toThrow(sentence);
  });
});
