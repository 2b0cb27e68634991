/** kafkajs wraps: `KafkaJSNumberOfRetriesExceeded` → the error that was retried → the broker's answer. */
export function rootCause(error: unknown): Error {
  let cause = error instanceof Error ? error : new Error(String(error));
  while (cause.cause instanceof Error) cause = cause.cause;
  return cause;
}

/** The broker's own name of what is wrong, e.g. `TOPIC_AUTHORIZATION_FAILED`; undefined where no broker answered. */
export function brokerErrorType(error: unknown): string | undefined {
  for (let at = error as { type?: unknown; cause?: unknown } | undefined; at; at = at.cause as typeof at) {
    if (typeof at.type === 'string') return at.type;
  }
  return undefined;
}

/** Answers of a broker that pass: the same request may succeed a moment later. */
const PASSING = new Set([
  'NOT_ENOUGH_REPLICAS',
  'NOT_ENOUGH_REPLICAS_AFTER_APPEND',
  'REQUEST_TIMED_OUT',
  'LEADER_NOT_AVAILABLE',
  'NOT_LEADER_FOR_PARTITION',
  'NETWORK_EXCEPTION',
  'GROUP_COORDINATOR_NOT_AVAILABLE',
  'GROUP_LOAD_IN_PROGRESS',
  'NOT_COORDINATOR_FOR_GROUP',
  'NOT_CONTROLLER',
  'KAFKA_STORAGE_ERROR',
  'OUT_OF_ORDER_SEQUENCE_NUMBER',
  'UNKNOWN_PRODUCER_ID',
  'INVALID_PRODUCER_EPOCH',
]);

/** A broker said nothing, or has not heard yet who leads a topic's partitions. */
export class MetadataNotLoaded extends Error {
  override readonly name = 'MetadataNotLoaded';
}

/** What kafkajs throws without a class of its own where a connection is closed under a request, or a leader is missing. */
const NAMELESS = new Set(['Broker not connected', 'The producer is disconnected', 'Invalid partition metadata']);

/** Whether it is the way to the broker that failed, or its state, and not the request. */
export function isPassing(error: unknown): boolean {
  const type = brokerErrorType(error);
  if (type !== undefined) return PASSING.has(type);
  const { name, message } = rootCause(error);
  return (
    NAMELESS.has(message) ||
    /Connection|Timeout|NoBroker|BrokerNotFound|ConnectionClosed|MetadataNotLoaded|LockTimeout/.test(name)
  );
}

const ABOUT_TOPICS = ['UNKNOWN_TOPIC_OR_PARTITION', 'INVALID_TOPIC_EXCEPTION', 'TOPIC_AUTHORIZATION_FAILED'];

/** kafkajs asks for all topics at once that a producer ever sent to, and does not say which of them the answer is about. */
export const mayBeAboutAnotherTopic = (error: unknown): boolean => ABOUT_TOPICS.includes(brokerErrorType(error) ?? '');

/** One line for people: what the broker said, or what kafkajs did. */
export function describeFailure(error: unknown): string {
  const cause = rootCause(error);
  const type = brokerErrorType(error);
  return type && !cause.message.includes(type) ? `${type}: ${cause.message}` : cause.message;
}
