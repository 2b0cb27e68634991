export * from './access-control/index.js';
export * from './contract/index.js';
export { RunTransactions } from './batches/run-transactions.js';
export { KafkaModule, type KafkaSettingsFactory } from './bootstrap/kafka.module.js';
export { KafkaTransport } from './bootstrap/kafka.transport.js';
export type { DeadLetterNotice, KafkaSettings, SaslSettings } from './client/index.js';
export { CorrelationMiddleware } from './correlation/correlation.middleware.js';
export { currentCorrelationId, currentMessage, type CurrentMessage } from './correlation/correlation.js';
export { KafkaMetrics } from './counting/metrics.js';
export { DeadLetterReceived } from './dead-letters/of-others/dead-letter-received.js';
export { HandleDeadLetters } from './dead-letters/of-others/handle-dead-letters.js';
export {
  AskTimeoutError,
  DependencyDownError,
  MessagingError,
  NotPublishedError,
  type NotPublishedReason,
  NotReadyError,
  OutcomeUnknownError,
  RequestError,
  RequestFailedError,
  SettingsError,
  ShuttingDownError,
  TimeLimitError,
  UnreadableReplyError,
  UnrecoverableError,
} from './errors.js';
export { classify, type Verdict } from './errors-and-retries/classify.js';
export { HandleEvent, HandleRequest } from './handling/handle-event.js';
export {
  type HandleDeadLettersOptions,
  type HandleEventOptions,
  type HandleRequestOptions,
  KAFKA_TRANSPORT,
} from './handling/handler-options.js';
export { MessageContext, Signal } from './handling/message-context.js';
export { type HealthReport, KafkaHealth } from './health/kafka-health.js';
export { type ReplayedService, type ReplayIo, runReplay } from './historical-messages/run-replay.js';
export { KafkaProgress, type ProgressReport } from './historical-messages/kafka-progress.js';
export { EventForwarder } from './publishing/event-forwarder.js';
export type { PreparedEvent } from './publishing/prepared-event.js';
export { EventPublisher, type Published, type PublishOptions } from './publishing/event-publisher.js';
export type { AskAllOptions, FailureFrom, Gathered, ReplyFrom } from './request-reply/gathering.js';
export { type AskOptions, Requester } from './request-reply/requester.js';
export { type HeardTopic, HeardTopics } from './topology/heard-topics.js';
export type { OwnedTopic, ServiceDefinition, Topology } from './topology/topology.js';
export { topologyOf } from './topology/topology-of.js';
