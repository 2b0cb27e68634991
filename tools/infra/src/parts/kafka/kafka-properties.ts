import { readFileSync } from 'node:fs';
import path from 'node:path';
import { workspaceRoot } from '../../home.js';

/** What every broker of ours is set to, wherever it runs. Where it listens and keeps its data is added by the provider. */
export function commonProperties(): Record<string, string> {
  const text = readFileSync(path.join(workspaceRoot, 'docker/kafka/server.properties'), 'utf8');
  const lines = text.split('\n').filter((line) => line.includes('=') && !line.startsWith('#'));
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf('=')).trim(), line.slice(line.indexOf('=') + 1).trim()]),
  );
}

/** And of three of ours: each keeps all, an answer needs two, and who has led is replaced within seconds. */
export const clusterProperties: Record<string, string> = {
  'default.replication.factor': '3',
  'min.insync.replicas': '2',
  'offsets.topic.replication.factor': '3',
  'transaction.state.log.replication.factor': '3',
  'transaction.state.log.min.isr': '2',
  'share.coordinator.state.topic.replication.factor': '3',
  'share.coordinator.state.topic.min.isr': '2',
  'controller.quorum.election.timeout.ms': '500',
  'controller.quorum.fetch.timeout.ms': '1000',
};

export const toProperties = (properties: Record<string, string>): string =>
  Object.entries(properties)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');

/** The variable by which the image of Apache Kafka takes a property. */
export const toVariable = (property: string): string =>
  `KAFKA_${property.replaceAll('_', '__').replaceAll('-', '___').replaceAll('.', '_').toUpperCase()}`;
