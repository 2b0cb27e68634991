export type { ConfigChange } from './alter-configs.js';
export { BrokerAdmin, type Ends, type TopicFacts, type TopicNow, type TopicToCreate } from './broker-admin.js';
export { KafkaConnection } from './connection.js';
export { brokerErrorType, describeFailure, isPassing, mayBeAboutAnotherTopic } from './failures.js';
export {
  describeCrash,
  GroupConsumer,
  type GroupConsumerOptions,
  type GroupEvents,
  REBALANCE_MS,
} from './group-consumer.js';
export { NotAllSentError, ProducerSession } from './producer-session.js';
export { readTopic } from './read-topic.js';
export { setOffsets } from './set-offsets.js';
export {
  type Assignment,
  type ConsumedBatch,
  type ConsumedRecord,
  headerBytes,
  headerText,
  type OutgoingRecord,
  type Position,
  sizeOf,
  type WireHeaders,
  withKey,
} from './record.js';
export {
  type DeadLetterNotice,
  type KafkaSettings,
  type ResolvedSettings,
  type SaslSettings,
  withDefaults,
} from './settings.js';
export { type PartitionRange, TopicAdmin, type TopicState, whyNotGrown } from './topic-admin.js';
