import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { workspaceRoot } from '../../home.js';
import { kafkaVersion } from './kafka-jars.js';
import { commonProperties, toVariable } from './kafka-properties.js';

const compose = readFileSync(path.join(workspaceRoot, 'docker/compose.yaml'), 'utf8');

/** What the broker of the compose file is given, by variable. */
const inCompose = new Map(
  [...compose.matchAll(/^ {6}(KAFKA_[A-Z_]+): (.+)$/gm)].map(([, name, value]) => [name, value?.replaceAll("'", '')]),
);

/** Where it runs, listens and keeps its data is each provider's own affair. */
const OF_THE_PROVIDER = [
  'KAFKA_HEAP_OPTS',
  'KAFKA_NODE_ID',
  'KAFKA_CONTROLLER_QUORUM_VOTERS',
  'KAFKA_LISTENERS',
  'KAFKA_ADVERTISED_LISTENERS',
  'KAFKA_LISTENER_SECURITY_PROTOCOL_MAP',
  'KAFKA_INTER_BROKER_LISTENER_NAME',
  'KAFKA_LOG_DIRS',
];

describe('a broker of ours', () => {
  it('has the same settings in Docker as right here', () => {
    const local = Object.entries(commonProperties()).map(([name, value]) => [toVariable(name), value] as const);
    const docker = [...inCompose].filter(([name = '']) => !OF_THE_PROVIDER.includes(name));

    expect(local.length).toBeGreaterThan(20);
    expect(new Map(docker)).toEqual(new Map(local));
  });

  it('is the same version in Docker as right here', () => {
    expect(/image: apache\/kafka:(.+)/.exec(compose)?.[1]).toBe(kafkaVersion());
  });

  it('is published on loopback only, like everything in the compose file', () => {
    const published = [...compose.matchAll(/^ +- '([^']+:\d+)'$/gm)].map(([, ports]) => ports);

    expect(published).toHaveLength(4);
    expect(published.filter((ports) => !ports?.startsWith('127.0.0.1:'))).toEqual([]);
  });
});

describe('the variable of a property', () => {
  it('is what the image of Apache Kafka reads', () => {
    expect(toVariable('log.retention.ms')).toBe('KAFKA_LOG_RETENTION_MS');
    expect(toVariable('listener.name.sasl_plaintext.scram-sha-256.sasl.jaas.config')).toBe(
      'KAFKA_LISTENER_NAME_SASL__PLAINTEXT_SCRAM___SHA___256_SASL_JAAS_CONFIG',
    );
  });
});
