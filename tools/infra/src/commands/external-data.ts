import { type Admin, Kafka } from 'kafkajs';
import { firstLine } from '../infra-error.js';
import { externalKafkaAnswers, kafkaConfig } from '../parts/kafka/kafka-ready.js';
import { externalPostgresAnswers, toServerUrl, withClient } from '../parts/postgres/postgres-client.js';
import type { KafkaSettings } from '../settings.js';
import { services } from '../workspace.js';

type Say = (line: string) => void;

/** A name begins with the service that owns it: `orders`, `orders.retry`; `orders2` is somebody else's. */
export const isOurs = (name: string, owners: string[]): boolean =>
  owners.some((service) => name === service || name.startsWith(`${service}.`));

/** Of our services only, on brokers that are somebody else's. */
export async function removeTopicsAndGroups(settings: KafkaSettings, say: Say): Promise<void> {
  await externalKafkaAnswers(settings);
  const admin = new Kafka(kafkaConfig(settings)).admin();
  try {
    await admin.connect();
    const topics = (await admin.listTopics()).filter((topic) => isOurs(topic, services()));
    if (topics.length > 0) await admin.deleteTopics({ topics });
    const { groups } = await admin.listGroups();
    const ours = groups.map(({ groupId }) => groupId).filter((group) => isOurs(group, services()));
    for (const group of ours) await removeGroup(admin, group, say);
    say(`${topics.length} topics and ${ours.length} groups deleted at ${settings.brokers.join(', ')}`);
  } finally {
    await admin.disconnect();
  }
}

async function removeGroup(admin: Admin, group: string, say: Say): Promise<void> {
  await admin.deleteGroups([group]).catch((error: unknown) => say(`group ${group} stays: ${firstLine(error)}`));
}

/** The databases named `fieldguide_<service>`, on a server that is somebody else's. */
export async function dropDatabases(url: string, say: Say): Promise<void> {
  await externalPostgresAnswers(toServerUrl(url));
  await withClient(toServerUrl(url), async (client) => {
    for (const service of services()) {
      const name = `fieldguide_${service.replaceAll('-', '_')}`;
      await client.query(`drop database if exists ${name} with (force)`);
    }
  });
  say(`databases of ${services().join(', ')} deleted at ${new URL(url).host}`);
}
