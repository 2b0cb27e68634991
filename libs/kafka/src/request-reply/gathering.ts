import { type ConsumedRecord, headerText } from '../client/index.js';
import { UnreadableReplyError } from '../errors.js';
import { type Asked, type End, readReply, type Taken, type Waiting } from './waiting.js';
import { REPLICA } from './wire.js';

/** How many answers are waited for, and how long. */
export interface AskAllOptions {
  /** Milliseconds until what has come is returned, sending included. There is no default: without `expected` it always takes so long. */
  readonly timeoutMs: number;
  /**
   * How many replicas are to answer, failed answers included: with the last of them the wait is over. 1 to 10 000.
   * Default: nobody knows, so the whole time is waited.
   */
  readonly expected?: number;
}

/** One replica's answer. */
export interface ReplyFrom<R> {
  /**
   * Who answered: the replica's client id, `billing-2`. Undefined where the answerer does not say so, as stock NestJS and
   * Spring don't.
   */
  readonly from: string | undefined;
  /** Checked against its contract. */
  readonly reply: R;
}

/** One replica's failure. */
export interface FailureFrom {
  /** As in `ReplyFrom`. */
  readonly from: string | undefined;
  /** The answering handler's; `UNREADABLE_REPLY` where the reply breaks its contract. */
  readonly code: string;
  /** In the answerer's words. */
  readonly message: string;
}

/** What came until the end, in the order in which it came. */
export interface Gathered<R> {
  /** None where nobody answered in time: that is no error. */
  readonly replies: readonly ReplyFrom<R>[];
  /** Answers, too: a replica whose handler failed has been reached. */
  readonly failures: readonly FailureFrom[];
}

/** The replies of every replica, until as many came as were expected, or time is up. */
export class Gathering implements Waiting<Gathered<object>> {
  readonly #replies: ReplyFrom<object>[] = [];
  readonly #failures: FailureFrom[] = [];
  readonly #heard = new Set<string>();

  constructor(
    private readonly asked: Asked,
    private readonly expected: number | undefined,
  ) {}

  take(record: ConsumedRecord): Taken<Gathered<object>> {
    const from = headerText(record.headers, REPLICA) || undefined;
    // A request that stood in its topic twice is answered twice. Who does not say who it is counts each time.
    if (from !== undefined && this.#heard.size === this.#heard.add(from).size) return { outcome: 'duplicate' };
    const reading = readReply(record, this.asked);
    if ('value' in reading) this.#replies.push({ from, reply: reading.value });
    else this.#failures.push({ from, code: reading.error.code, message: reading.error.message });
    const unreadable = 'error' in reading && reading.error instanceof UnreadableReplyError ? reading.error : undefined;
    return {
      outcome: 'value' in reading || unreadable ? 'replied' : 'error',
      ...(unreadable ? { unreadable } : {}),
      ...(this.#count === this.expected ? { end: this.#end('ok') } : {}),
    };
  }

  /** Who expected none in particular has got what there was. */
  expire(): End<Gathered<object>> {
    return this.#end(this.expected === undefined ? 'ok' : 'timeout');
  }

  get #count(): number {
    return this.#replies.length + this.#failures.length;
  }

  #end(result: 'ok' | 'timeout'): End<Gathered<object>> {
    return { result, further: 'late', value: { replies: this.#replies, failures: this.#failures } };
  }
}
