import { NotPublishedError, type NotPublishedReason } from '@fieldguide/kafka';

/**
 * What becomes of an event that could not be published. `set-aside`: the broker will never take it. `pause-topic`: its topic
 * takes nothing, until somebody does something about it. `pause`: no broker can be reached, or says nothing. `again`: it only
 * stood behind another.
 */
export type Fate = 'set-aside' | 'pause-topic' | 'pause' | 'again';

const NEVER: readonly NotPublishedReason[] = ['TOO_LARGE', 'INVALID_KEY', 'INVALID_HEADER', 'INVALID_VALUE'];

/** What a broker says of a record, and not of its topic or of who writes. Source: kafka.apache.org/protocol, error codes. */
const ABOUT_RECORD = [
  'MESSAGE_TOO_LARGE',
  'RECORD_LIST_TOO_LARGE',
  'INVALID_RECORD',
  'CORRUPT_MESSAGE',
  'INVALID_TIMESTAMP',
];

export function fateOf(error: Error): Fate {
  if (!(error instanceof NotPublishedError)) return 'pause';
  if (error.reason === 'HELD_BACK') return 'again';
  if (NEVER.includes(error.reason)) return 'set-aside';
  if (error.reason === 'UNKNOWN_TOPIC') return 'pause-topic';
  if (error.reason !== 'REFUSED') return 'pause';
  return ABOUT_RECORD.includes(answerIn(error) ?? '') ? 'set-aside' : 'pause-topic';
}

/** kafkajs wraps what the broker said. */
function answerIn(error: Error): string | undefined {
  for (let at: unknown = error; at instanceof Object; at = (at as { cause?: unknown }).cause) {
    const { type } = at as { type?: unknown };
    if (typeof type === 'string') return type;
  }
  return undefined;
}
