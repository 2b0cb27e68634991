import type { KafkaSettings } from '../settings.js';
import { externalKafkaAnswers } from './kafka/kafka-ready.js';
import { externalMailAnswers } from './mail/mail-ready.js';
import type { Kafka, Mail, Postgres } from './part.js';
import { externalPostgresAnswers, toServerUrl } from './postgres/postgres-client.js';

/** Somebody else's: it is asked whether it answers, and left running. */
const stop = (): Promise<void> => Promise.resolve();

export const externalKafka = (settings: KafkaSettings): Kafka => ({
  kafka: settings.brokers.join(','),
  start: () => externalKafkaAnswers(settings),
  stop,
});

export const externalPostgres = (url: string): Postgres => ({
  serverUrl: toServerUrl(url),
  start: () => externalPostgresAnswers(toServerUrl(url)),
  stop,
});

export const externalMail = (smtpUrl: string, pageUrl: string): Mail => ({
  smtpUrl,
  pageUrl,
  start: () => externalMailAnswers(smtpUrl),
  stop,
});
