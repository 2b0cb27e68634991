import { AsyncLocalStorage } from 'node:async_hooks';
import { randomFillSync, randomUUID } from 'node:crypto';

/** The message that is being handled, for code below the handler. */
export interface CurrentMessage {
  /** `ce_id`; of a foreign record without one `topic/partition/offset`. */
  readonly id: string;
  /** Where it was read from. */
  readonly topic: string;
  /** Partition of that topic. */
  readonly partition: number;
  /** 64 bits: not a number. */
  readonly offset: bigint;
  /** Counts the first try: 1 and more. */
  readonly attempt: number;
  /** When it happened: `ce_time`; where a record has none that can be read, the time of the record. */
  readonly time: Date;
  /** It is handled once more, in a replay: what must not happen twice is for the handler to leave out. */
  readonly replay: boolean;
}

/** What a request or a message carries on to everything that it causes. */
export interface Trail {
  readonly correlationId: string;
  /** W3C trace context, version 00. */
  readonly traceparent: string;
  readonly message?: CurrentMessage | undefined;
}

const trails = new AsyncLocalStorage<Trail>();

export const runOnTrail = <T>(trail: Trail, work: () => T): T => trails.run(trail, work);

export const currentTrail = (): Trail | undefined => trails.getStore();

/** Undefined outside of an HTTP request and of a handler. */
export const currentCorrelationId = (): string | undefined => trails.getStore()?.correlationId;

/** The message that is being handled; undefined elsewhere. */
export const currentMessage = (): CurrentMessage | undefined => trails.getStore()?.message;

/** A trail that goes on with what came in, or begins. What came in is foreign: anything ill-formed is replaced. */
export const trailFrom = (correlationId: string | undefined, traceparent: string | undefined): Trail => ({
  correlationId: wellFormedId(correlationId),
  traceparent: nextSpan(traceparent),
});

export const wellFormedId = (id: string | undefined): string =>
  id && /^[\x21-\x7e]{1,200}$/.test(id) ? id : randomUUID();

/** The same trace, a new span: who receives it is a child of what is done here. */
export function nextSpan(parent: string | undefined): string {
  const [, trace, flags] = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})$/.exec(parent ?? '') ?? [];
  return `00-${trace ?? randomHex(16)}-${randomHex(8)}-${flags ?? '01'}`;
}

/** Random bytes cost a call into the operating system, and each message takes some: they are drawn in advance. */
const pool = Buffer.alloc(4_096);
let drawn = pool.length;

function randomHex(bytes: number): string {
  if (drawn + bytes > pool.length) {
    randomFillSync(pool);
    drawn = 0;
  }
  drawn += bytes;
  return pool.toString('hex', drawn - bytes, drawn);
}
