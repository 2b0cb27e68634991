import { INFRA_USER, MECHANISM } from './parts/kafka/kafka-users.js';
import { type KafkaSettings, readSettings } from './settings.js';
import { readCredentials, readSystem } from './system.js';

/**
 * How a tool logs in to the broker of this home: as `infra` where it is secured, as the environment says where it is
 * somebody else's; undefined where nobody is asked.
 */
export function kafkaLogin(): KafkaSettings['sasl'] {
  const kafka = readSystem()?.choices.find(({ part }) => part === 'kafka');
  if (kafka?.provider === 'external') return readSettings().kafka?.sasl;
  const password = readCredentials()?.kafkaUsers?.[INFRA_USER];
  return password ? { mechanism: MECHANISM, username: INFRA_USER, password } : undefined;
}
