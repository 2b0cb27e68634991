import { type KafkaSettings, type SaslSettings } from '../client/index.js';
import { SettingsError } from '../errors.js';

const MECHANISMS: readonly string[] = ['plain', 'scram-sha-256', 'scram-sha-512'];

/**
 * How an operator's program reaches Kafka: `KAFKA_BROKERS`, `KAFKA_SSL` (true or false), and `KAFKA_SASL_MECHANISM`,
 * `KAFKA_SASL_USERNAME` and `KAFKA_SASL_PASSWORD`, all three or none. A password has no place on a command line.
 * @param brokers over what the environment says
 * @throws SettingsError naming each variable that can't be understood, and no value of a secret
 */
export function settingsFrom(environment: NodeJS.ProcessEnv, brokers?: string): KafkaSettings {
  const ssl = environment['KAFKA_SSL'] || 'false';
  if (ssl !== 'true' && ssl !== 'false') throw new SettingsError(`KAFKA_SSL is "${ssl}": true or false is needed.`);
  const sasl = saslFrom(environment);
  return {
    brokers: (brokers ?? environment['KAFKA_BROKERS'] ?? '').split(',').filter(Boolean),
    ssl: ssl === 'true',
    ...(sasl && { sasl }),
  };
}

function saslFrom(environment: NodeJS.ProcessEnv): SaslSettings | undefined {
  const names = ['KAFKA_SASL_MECHANISM', 'KAFKA_SASL_USERNAME', 'KAFKA_SASL_PASSWORD'];
  const [mechanism = '', username = '', password = ''] = names.map((name) => environment[name] ?? '');
  const missing = names.filter((name) => !environment[name]);
  if (missing.length === names.length) return undefined;
  if (missing.length > 0) throw new SettingsError(`${missing.join(' and ')} missing: all three are needed, or none.`);
  if (!MECHANISMS.includes(mechanism)) {
    throw new SettingsError(`KAFKA_SASL_MECHANISM is "${mechanism}": one of ${MECHANISMS.join(', ')} is needed.`);
  }
  return { mechanism: mechanism as SaslSettings['mechanism'], username, password };
}
