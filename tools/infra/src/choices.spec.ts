import { describe, expect, it } from '@jest/globals';
import { choose } from './choices.js';
import type { Settings } from './settings.js';

const engine = { version: '28.2.2', found: 'Docker engine 28.2.2 answers' };
const noEngine = { found: 'a Docker client is there but no engine answers' };
const everythingExternal: Settings = {
  kafka: { brokers: ['kafka:9092'], ssl: false },
  postgres: { url: 'postgresql://u:p@db/postgres' },
  mail: { smtpUrl: 'smtp://mail:25', pageUrl: '' },
};

describe('the choice of a provider', () => {
  it('is Docker for every part where an engine answers', () => {
    const choices = choose({}, engine);

    expect(choices.map(({ part, provider }) => `${part} ${provider}`)).toEqual([
      'kafka docker',
      'postgres docker',
      'mail docker',
    ]);
    expect(choices[0]?.reason).toBe('Docker engine 28.2.2 answers and KAFKA_BROKERS is not set');
  });

  it('is what can be run right here where a Docker client has no engine, and says so', () => {
    const choices = choose({}, noEngine);

    expect(choices[1]).toEqual({
      part: 'postgres',
      provider: 'local',
      reason: 'a Docker client is there but no engine answers and DATABASE_URL is not set',
    });
  });

  it('is made for each part by itself', () => {
    const choices = choose({ kafka: { brokers: ['kafka:9092'], ssl: false } }, engine);

    expect(choices.map(({ provider }) => provider)).toEqual(['external', 'docker', 'docker']);
  });

  it('is what the environment names, even where INFRA asks for another', () => {
    const choices = choose({ ...everythingExternal, force: 'docker' }, noEngine);

    expect(choices.map(({ provider, reason }) => `${provider}: ${reason}`)).toEqual([
      'external: KAFKA_BROKERS is set',
      'external: DATABASE_URL is set',
      'external: SMTP_URL is set',
    ]);
  });

  it('is local for three brokers, although an engine answers, and Docker for the rest', () => {
    const choices = choose({ nodes: 3 }, engine);

    expect(choices.map(({ provider }) => provider)).toEqual(['local', 'docker', 'docker']);
    expect(choices[0]?.reason).toBe('KAFKA_NODES=3');
  });

  it('is local under INFRA=local, although an engine answers', () => {
    expect(choose({ force: 'local' }, engine).map(({ provider }) => provider)).toEqual(['local', 'local', 'local']);
  });

  it('is refused in one sentence under INFRA=docker without an engine', () => {
    expect(() => choose({ force: 'docker' }, noEngine)).toThrow(
      'INFRA=docker, but a Docker client is there but no engine answers: start Docker, or leave INFRA out to run without it.',
    );
  });
});
