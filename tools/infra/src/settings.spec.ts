import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseEnv } from 'node:util';
import { workspaceRoot } from './home.js';
import { readSettings, VARIABLES } from './settings.js';

const EXAMPLE = readFileSync(path.join(workspaceRoot, '.env.example'), 'utf8');

describe('settings of the environment', () => {
  it('are none where nothing is set', () => {
    expect(readSettings({ KAFKA_BROKERS: '', SMTP_URL: '' })).toEqual({});
  });

  it('are none where .env.example is copied as it is', () => {
    expect(parseEnv(EXAMPLE)).toEqual({});
  });

  it('are right where every # of .env.example is taken away, and none is missing there', () => {
    const env = parseEnv(EXAMPLE.replace(/^#(?=[A-Z])/gm, ''));

    expect(VARIABLES.filter((name) => !env[name])).toEqual([]);
    expect(readSettings(env)).toMatchObject({ kafka: { brokers: ['127.0.0.1:9092'] }, force: 'local' });
  });

  it('hold brokers, user and encryption', () => {
    const settings = readSettings({
      KAFKA_BROKERS: 'a:9092, b:9093',
      KAFKA_SSL: 'true',
      KAFKA_SASL_MECHANISM: 'scram-sha-256',
      KAFKA_SASL_USERNAME: 'orders',
      KAFKA_SASL_PASSWORD: 'secret',
    });

    expect(settings.kafka).toEqual({
      brokers: ['a:9092', 'b:9093'],
      ssl: true,
      sasl: { mechanism: 'scram-sha-256', username: 'orders', password: 'secret' },
    });
  });

  // The services read the same variables by the same rules: read-config.spec.ts has this list, too.
  it.each([
    ['KAFKA_BROKERS', 'a:99999'],
    ['KAFKA_BROKERS', 'a:0'],
    ['KAFKA_BROKERS', 'a:b:9092'],
    ['KAFKA_SSL', '1'],
    ['KAFKA_SSL', 'TRUE'],
    ['KAFKA_SASL_MECHANISM', 'SCRAM-SHA-256'],
  ])('are wrong with %s=%s', (name, value) => {
    const user = { KAFKA_SASL_MECHANISM: 'plain', KAFKA_SASL_USERNAME: 'orders', KAFKA_SASL_PASSWORD: 'secret' };

    expect(messageOf(() => readSettings({ KAFKA_BROKERS: 'a:65535', ...user }))).toBe('');
    expect(messageOf(() => readSettings({ KAFKA_BROKERS: 'a:65535', ...user, [name]: value }))).toContain(name);
  });

  it('ask for a secured broker here, and not for one that is named elsewhere as well', () => {
    expect(readSettings({ KAFKA_SECURED: '1' })).toEqual({ secured: true });
    expect(readSettings({ KAFKA_SECURED: '0', KAFKA_BROKERS: 'a:9092' }).secured).toBeUndefined();
    expect(messageOf(() => readSettings({ KAFKA_SECURED: 'yes' }))).toContain('KAFKA_SECURED must be 1 or 0');
    expect(messageOf(() => readSettings({ KAFKA_SECURED: '1', KAFKA_BROKERS: 'a:9092' }))).toContain(
      'KAFKA_SECURED secures a broker that is started here, and KAFKA_BROKERS names another: unset one of them',
    );
  });

  it('ask for three brokers here, and say with what that does not go together', () => {
    expect(readSettings({ KAFKA_NODES: '3' })).toEqual({ nodes: 3 });
    expect(readSettings({ KAFKA_NODES: '1', KAFKA_BROKERS: 'a:9092' }).nodes).toBeUndefined();
    expect(messageOf(() => readSettings({ KAFKA_NODES: '2' }))).toBe('Wrong settings: KAFKA_NODES must be 1 or 3.');
    for (const [name, value] of Object.entries({ KAFKA_BROKERS: 'a:9092', KAFKA_SECURED: '1', INFRA: 'docker' }))
      expect(messageOf(() => readSettings({ KAFKA_NODES: '3', [name]: value }))).toMatch(
        new RegExp(`^Wrong settings: KAFKA_NODES=3 .*${name}.*: unset one of them`),
      );
  });

  it('name every wrong variable at once, and show no value', () => {
    const env = {
      KAFKA_BROKERS: 'nowhere',
      KAFKA_SSL: 'perhaps',
      KAFKA_SASL_USERNAME: 'orders',
      DATABASE_URL: 'mysql://root:secret@db',
      SMTP_URL: 'mail',
      INFRA: 'podman',
    };

    const message = messageOf(() => readSettings(env));

    for (const name of [...Object.keys(env), 'KAFKA_SASL_MECHANISM', 'KAFKA_SASL_PASSWORD'])
      expect(message).toContain(name.replace('KAFKA_SASL_USERNAME', 'KAFKA_SASL_'));
    expect(message).not.toContain('secret');
  });
});

function messageOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    return (error as Error).message;
  }
  return '';
}
