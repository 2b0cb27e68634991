import { type ConsumedRecord, headerBytes } from '../client/index.js';
import { type ContractClass, fulfil } from '../contract/index.js';
import { AskTimeoutError, RequestFailedError, UnreadableReplyError } from '../errors.js';
import { readValue } from '../handling/incoming.js';
import { NEST_ERROR, readWireError } from './wire.js';

/** What is asked, and what answers it. */
export interface Asked {
  readonly request: object;
  readonly contract: ContractClass;
  readonly topic: string;
  readonly reply: ContractClass;
  readonly timeoutMs: number;
}

/** How an ask ends. */
export type End<R> = {
  /** As it is counted. */
  readonly result: 'ok' | 'timeout' | 'failed' | 'not-sent';
  /** What a further reply to it is. */
  readonly further: 'late' | 'duplicate';
} & ({ readonly value: R } | { readonly error: Error });

/** What a reply did. */
export interface Taken<R> {
  readonly outcome: 'replied' | 'error' | 'duplicate';
  /** Set where the reply could not be read. */
  readonly unreadable?: UnreadableReplyError;
  /** Set where nothing more is waited for. */
  readonly end?: End<R>;
}

/** What an ask waits for. */
export interface Waiting<R> {
  /** A record under its id. */
  take(record: ConsumedRecord): Taken<R>;
  /** Its time is up. */
  expire(): End<R>;
}

type Reading = { readonly value: object } | { readonly error: RequestFailedError | UnreadableReplyError };

/** The reply as its contract says, or why there is none. */
export function readReply(record: ConsumedRecord, { contract, reply }: Asked): Reading {
  const bytes = headerBytes(record.headers, NEST_ERROR);
  if (bytes) {
    const { code, message } = readWireError(bytes);
    return { error: new RequestFailedError(code, message) };
  }
  try {
    return { value: fulfil(reply, readValue(record)) };
  } catch (cause) {
    const what = `The reply to ${contract.name} is no ${reply.name}: ${(cause as Error).message}`;
    return { error: new UnreadableReplyError(what, { cause }) };
  }
}

/** The first reply, whoever sends it. */
export class OneReply implements Waiting<object> {
  constructor(private readonly asked: Asked) {}

  take(record: ConsumedRecord): Taken<object> {
    const reading = readReply(record, this.asked);
    if ('value' in reading) {
      return { outcome: 'replied', end: { result: 'ok', further: 'duplicate', value: reading.value } };
    }
    const { error } = reading;
    const end = { result: 'failed', further: 'duplicate', error } as const;
    return error instanceof UnreadableReplyError
      ? { outcome: 'replied', unreadable: error, end }
      : { outcome: 'error', end };
  }

  expire(): End<object> {
    const { contract, timeoutMs } = this.asked;
    const error = new AskTimeoutError(`No reply to ${contract.name} came within ${timeoutMs} ms.`);
    return { result: 'timeout', further: 'late', error };
  }
}
