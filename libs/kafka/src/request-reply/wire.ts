import { type ConsumedRecord, headerBytes, headerText } from '../client/index.js';

/** Header names that stock NestJS and Spring's ReplyingKafkaTemplate share. */
export const CORRELATION_ID = 'kafka_correlationId';
export const REPLY_TOPIC = 'kafka_replyTopic';
export const REPLY_PARTITION = 'kafka_replyPartition';
/** NestJS: what went wrong, as JSON, beside a null value. */
export const NEST_ERROR = 'kafka_nest-err';
/** NestJS: present on the last reply. */
export const NEST_IS_DISPOSED = 'kafka_nest-is-disposed';

/** Ours, in every reply, an extension of CloudEvents: which replica answered, by its client id. */
export const REPLICA = 'ce_replica';

/** Where an asker wants its answer. */
export interface ReplyAddress {
  readonly topic: string;
  /** Undefined: any. */
  readonly partition: number | undefined;
  /** As it came: Spring's are 16 bytes that are no text. */
  readonly correlationId: Buffer;
}

/** Undefined where the asker left out what an answer needs. */
export function replyAddress({ headers }: ConsumedRecord): ReplyAddress | undefined {
  const topic = headerText(headers, REPLY_TOPIC);
  const correlationId = headerBytes(headers, CORRELATION_ID);
  if (!topic || !correlationId?.length) return undefined;
  return { topic, partition: replyPartition(headerBytes(headers, REPLY_PARTITION)), correlationId };
}

/** Spring writes int32 big endian, NestJS decimal text; anything else is nothing. */
function replyPartition(bytes: Buffer | undefined): number | undefined {
  if (!bytes) return undefined;
  if (bytes.length === 4 && bytes[0] === 0) return bytes.readInt32BE();
  const text = bytes.toString('latin1');
  return /^\d{1,8}$/.test(text) ? Number(text) : undefined;
}

/** The error of an answer, for the wire: a code and a message, no internals. */
export interface WireError {
  readonly code: string;
  readonly message: string;
}

/** Reads the error of a foreign answer: ours, NestJS' `{ status, message }`, a text, or anything. */
export function readWireError(bytes: Buffer): WireError {
  const text = bytes.toString('utf8');
  try {
    const error = JSON.parse(text) as { code?: unknown; message?: unknown } | string | null;
    if (typeof error === 'string') return { code: 'INTERNAL', message: error };
    const code = typeof error?.code === 'string' ? error.code : 'INTERNAL';
    const message = typeof error?.message === 'string' ? error.message : text;
    return { code, message };
  } catch {
    return { code: 'INTERNAL', message: text };
  }
}
