/** Headers as they travel: a repeated one is an array. Values are bytes, never parsed on the way. */
export type WireHeaders = Readonly<Record<string, Buffer | readonly Buffer[]>>;

/** A record as it came from a topic: the bytes that were sent. */
export interface ConsumedRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  /** Milliseconds since 1970. */
  readonly timestamp: number;
  readonly key: Buffer | null;
  /** null is a tombstone. */
  readonly value: Buffer | null;
  readonly headers: WireHeaders;
  /** What key, value and headers take together, in bytes. */
  readonly bytes: number;
}

export interface ConsumedBatch {
  readonly topic: string;
  readonly partition: number;
  /** Empty where a batch held only control records or aborted ones. */
  readonly records: readonly ConsumedRecord[];
  /** Offset that the fetch began at. */
  readonly fetchedOffset: bigint;
  /** Counts control records, too. */
  readonly lastOffset: bigint;
  /** Where the log ends, as the broker said it with this batch. */
  readonly highWatermark: bigint;
}

/** A record to send; its partition is chosen before it is queued, so that a resend goes to the same one. */
export interface OutgoingRecord {
  readonly topic: string;
  readonly partition: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: WireHeaders;
}

export interface Position {
  readonly topic: string;
  readonly partition: number;
  /** The next offset to read. */
  readonly offset: bigint;
}

/** Partitions by topic. */
export type Assignment = ReadonlyMap<string, readonly number[]>;

/** The last value of a header as text, which is the one that counts where it is repeated. */
export function headerText(headers: WireHeaders, name: string): string | undefined {
  return headerBytes(headers, name)?.toString('utf8');
}

export function headerBytes(headers: WireHeaders, name: string): Buffer | undefined {
  const value = headers[name];
  return Array.isArray(value) ? (value as readonly Buffer[]).at(-1) : (value as Buffer | undefined);
}

/** Bytes that a record takes in a batch, roughly: kafkajs' framing adds a few per field. */
export function sizeOf(record: Pick<OutgoingRecord, 'key' | 'value' | 'headers'>): number {
  let size = 30 + (record.key?.length ?? 0) + (record.value?.length ?? 0);
  for (const name in record.headers) {
    const value = record.headers[name] as Buffer | readonly Buffer[];
    const framed = Buffer.byteLength(name) + 8;
    if (Buffer.isBuffer(value)) size += framed + value.length;
    else for (const bytes of value) size += framed + bytes.length;
  }
  return size;
}

/** For sentences; nothing where there is no key. */
export const withKey = (key: Buffer | null): string => (key ? ` with key ${key.toString('utf8').slice(0, 100)}` : '');
