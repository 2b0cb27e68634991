import { describe, expect, it } from '@jest/globals';
import { difference } from './difference.js';
import type { Facts } from './protocol.js';

const local: Facts = {
  kafka: '127.0.0.1:9092',
  mailUrl: 'http://127.0.0.1:1080',
  databaseServer: 'postgresql://postgres:p@127.0.0.1:55432/postgres',
  env: { KAFKA_BROKERS: '127.0.0.1:9092', SMTP_URL: 'smtp://127.0.0.1:1025' },
  choices: [
    { part: 'kafka', provider: 'local', reason: '' },
    { part: 'postgres', provider: 'local', reason: '' },
    { part: 'mail', provider: 'local', reason: '' },
  ],
};

describe('infrastructure that runs already', () => {
  it('suits who asks for nothing in particular', () => {
    expect(difference({}, local)).toBeUndefined();
  });

  it('suits who names what runs, as specs do that were told of it', () => {
    const wanted = {
      KAFKA_BROKERS: '127.0.0.1:9092',
      DATABASE_URL: 'postgresql://postgres:p@127.0.0.1:55432/postgres',
      SMTP_URL: 'smtp://127.0.0.1:1025',
      INFRA: 'local',
    };

    expect(difference(wanted, local)).toBeUndefined();
  });

  it('does not suit who names another broker or another provider', () => {
    expect(difference({ KAFKA_BROKERS: 'kafka:9092', INFRA: 'docker' }, local)).toBe(
      'with another KAFKA_BROKERS, another INFRA than here',
    );
  });

  it('does not suit who wants a secured broker where an open one runs, or the other way', () => {
    const secured: Facts = { ...local, users: { infra: 'secret' } };

    expect(difference({ KAFKA_SECURED: '1' }, secured)).toBeUndefined();
    expect(difference({ KAFKA_SECURED: '1' }, local)).toBe('with another KAFKA_SECURED than here');
    expect(difference({}, secured)).toBe('with another KAFKA_SECURED than here');
  });

  it('does not suit who wants three brokers where one runs, or the other way', () => {
    const three: Facts = { ...local, kafka: '127.0.0.1:9092,127.0.0.1:9094,127.0.0.1:9096' };

    expect(difference({ KAFKA_NODES: '3' }, three)).toBeUndefined();
    expect(difference({ KAFKA_NODES: '3', KAFKA_BROKERS: three.kafka }, three)).toBeUndefined();
    expect(difference({ KAFKA_NODES: '3' }, local)).toBe('with another KAFKA_NODES than here');
    expect(difference({}, three)).toBe('with another KAFKA_NODES than here');
  });

  it("does not suit who wants a broker here, when it is somebody else's", () => {
    const external: Facts = { ...local, choices: [{ part: 'kafka', provider: 'external', reason: '' }] };

    expect(difference({}, external)).toBe('with another KAFKA_BROKERS than here');
  });
});
