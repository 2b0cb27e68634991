import type { Cluster } from 'kafkajs';
import { createErrorFromCode } from 'kafkajs/src/protocol/error.js';
import describeConfigs from 'kafkajs/src/protocol/requests/describeConfigs/index.js';
import metadata from 'kafkajs/src/protocol/requests/metadata/index.js';
import type { RequestApi } from 'kafkajs/src/protocol/requests/index.js';
import type { RawBroker } from './raw-broker.js';

/** A topic as a broker has it. */
export interface TopicDescription {
  readonly partitions: number;
  /** How many of them nobody leads: what is sent there waits. */
  readonly leaderless: number;
  /** By Kafka's name; undefined where the right to describe it is lacking. */
  readonly config: ReadonlyMap<string, ConfigEntry> | undefined;
}

export interface ConfigEntry {
  readonly value: string;
  /** Whether it was set for this topic; false where it is the broker's. */
  readonly isOwn: boolean;
}

/** kafkajs knows more than its types say. */
type Pooled = Cluster & { readonly brokerPool: { findConnectedBroker(): Promise<RawBroker> } };

const METADATA = 3;
const DESCRIBE_CONFIGS = 32;
const TOPIC = 2;
const SET_FOR_TOPIC = 1;
const NONE = 0;
const UNKNOWN_TOPIC_OR_PARTITION = 3;
const TOPIC_AUTHORIZATION_FAILED = 29;

/**
 * What topics are like, each answered for itself: kafkajs fails the whole question for one that is gone, or for a partition
 * that nobody leads. Both requests go to one broker, which has one picture of them; no topic is created by being asked for.
 * Source: Apache Kafka's documentation, "Metadata API" and "DescribeConfigs API".
 * @param topics all that one may see, where they are not named
 * @param configNames as Kafka knows them; none: every setting
 * @returns those that are there and that one may see
 * @throws what the broker answers of a topic where it is anything else
 */
export async function describeTopics(
  cluster: Cluster,
  topics: readonly string[] | undefined,
  configNames: readonly string[] = [],
): Promise<Map<string, TopicDescription>> {
  if (topics?.length === 0) return new Map();
  const broker = await (cluster as Pooled).brokerPool.findConnectedBroker();
  // kafkajs takes an empty list for all.
  const ask = { topics: [...new Set(topics)], allowAutoTopicCreation: false };
  const { topicMetadata } = await send(broker, METADATA, metadata, ask);
  const there = topicMetadata.filter(({ topicErrorCode }) => !isHidden(topicErrorCode));
  for (const { topicErrorCode } of there) failOn(topicErrorCode);
  if (there.length === 0) return new Map();
  const resources = there.map(({ topic }) => ({ type: TOPIC, name: topic, configNames }));
  const answer = await send(broker, DESCRIBE_CONFIGS, describeConfigs, { resources, includeSynonyms: false });
  const described = new Map(answer.resources.map((resource) => [resource.resourceName, resource]));
  const found = new Map<string, TopicDescription>();
  for (const { topic, partitionMetadata } of there) {
    const { errorCode = NONE, configEntries = [] } = described.get(topic) ?? {};
    // Deleted between the two requests.
    if (errorCode === UNKNOWN_TOPIC_OR_PARTITION) continue;
    if (!isHidden(errorCode)) failOn(errorCode);
    const entries = configEntries.map(
      ({ configName, configValue, configSource }) =>
        [configName, { value: configValue, isOwn: configSource === SET_FOR_TOPIC }] as const,
    );
    const partitions = partitionMetadata.length;
    const leaderless = partitionMetadata.filter(({ leader }) => leader < 0).length;
    found.set(topic, { partitions, leaderless, config: isHidden(errorCode) ? undefined : new Map(entries) });
  }
  return found;
}

const isHidden = (code: number): boolean => [UNKNOWN_TOPIC_OR_PARTITION, TOPIC_AUTHORIZATION_FAILED].includes(code);

function failOn(code: number): void {
  if (code !== NONE) throw createErrorFromCode(code);
}

/** In the latest version that both sides speak; what the answer says of each topic is the caller's to judge. */
function send<Ask, Answer>(broker: RawBroker, apiKey: number, api: RequestApi<Ask, Answer>, ask: Ask): Promise<Answer> {
  const { request, response } = broker.lookupRequest(apiKey, api)(ask);
  const exchange = { request, response: { ...response, parse: (answer: Answer) => Promise.resolve(answer) } };
  return broker.connectionPool.send(exchange);
}
