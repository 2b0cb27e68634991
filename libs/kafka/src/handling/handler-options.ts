import type { ContractClass } from '../contract/index.js';

/** One transport of this kind in an app: a second microservice does not register these handlers, too. */
export const KAFKA_TRANSPORT = Symbol('@fieldguide/kafka');

/** How a handler wants its events. */
export interface HandleEventOptions {
  /**
   * `one-replica`: each event reaches one replica of the service; the group's committed position survives restarts.
   * `every-replica`: each event reaches every replica that runs, from its start on; nothing is committed.
   * Default: `one-replica`.
   */
  readonly delivery?: 'one-replica' | 'every-replica';
  /**
   * How many events of one partition are handled side by side, one of each key: those of a key keep their order, others
   * may overtake. Worth it where the handler waits (I/O). What is handled beyond one that still runs is handled again after
   * a crash. 1 to 1 000. Default: 1. Not together with `every-replica` or `keep-order`.
   */
  readonly concurrency?: number;
  /**
   * How many events of one partition may be handled in one transaction, one after another: where many wait, their writes are
   * committed together, and then their offsets. What one does in it is taken back with all of it when one fails; then the
   * others are handled again without it, and it alone. So of its calls only the last one counts. The handler's work is the
   * database's: what it does elsewhere is not taken back. 1 to 1 000; needs a provider of RunTransactions, as InboxModule of
   * @fieldguide/outbox is. Default: 1, no transaction. Not together with `every-replica` or `concurrency`.
   */
  readonly batch?: number;
  /**
   * `keep-order`: later events of the partition wait until this one is handled or a dead letter; it goes through no retry
   * topic. Default: they wait for the attempts in place only, and overtake what goes through retry topics.
   */
  readonly onFailure?: 'keep-order';
  /**
   * Pauses between this handler's attempts in place, in ms; one attempt more than there are pauses. Default: the service's
   * `retryPausesMs`, or its `keepOrderPausesMs`.
   */
  readonly retryPausesMs?: readonly number[];
  /**
   * Delays of the retry topics that its events go through after that, in ms, growing; each delay of a service is a topic.
   * `[]`: none. Default: the service's. Not together with `every-replica` or `keep-order`.
   */
  readonly retryDelaysMs?: readonly number[];
  /**
   * How long a call of this handler may take, in ms. Then its `@Signal()` fires; 5 s later nobody waits for it any more, and
   * the event goes through the retry topics or becomes a dead letter. Default: the service's, 30 000.
   */
  readonly timeLimitMs?: number;
  /**
   * Events of the past may be handled once more, with `--replay`: the handler bears each of them again, years later, without
   * telling or charging anybody twice. Default: false, a replay refuses it. Not together with `every-replica`.
   */
  readonly replayable?: boolean;
}

/** How a handler wants its requests. */
export interface HandleRequestOptions {
  /**
   * `one-replica`: one replica of the service answers.
   * `every-replica`: each replica that runs answers, what is asked from its start on: for `askAll`. Of who asks with `ask` the
   * first reply is taken. Default: `one-replica`.
   */
  readonly delivery?: 'one-replica' | 'every-replica';
  /**
   * How many requests of one partition are answered side by side; those that have a key, one of each. 1 to 1 000.
   * Default: 16. A request has no key unless a foreign asker gives it one, so there is no order to keep.
   */
  readonly concurrency?: number;
  /**
   * How long a call of this handler may take, in ms. Then its `@Signal()` fires; 5 s later its asker gets an error.
   * Default: the service's, 30 000.
   */
  readonly timeLimitMs?: number;
}

/** Whose dead letters a handler wants, and how. */
export interface HandleDeadLettersOptions {
  /** Names of services; not the handler's own. */
  readonly of: readonly string[];
  /**
   * Pauses between the attempts in place, in ms; one attempt more than there are pauses, and nothing comes after them.
   * Default: the service's `keepOrderPausesMs`.
   */
  readonly retryPausesMs?: readonly number[];
  /**
   * How long a call of this handler may take, in ms. Then its `@Signal()` fires; 5 s later nobody waits for it any more.
   * Default: the service's, 30 000.
   */
  readonly timeLimitMs?: number;
}

/** What a decorator leaves in Nest's pattern extras, and the transport reads. */
export interface HandlerExtras {
  /** What it handles: a contract's messages, or the dead letters of these services. */
  readonly contract?: ContractClass | undefined;
  readonly deadLettersOf?: readonly string[] | undefined;
  /** `Class.method`. */
  readonly handler: string;
  readonly delivery: 'one-replica' | 'every-replica';
  readonly concurrency: number;
  readonly batch?: number | undefined;
  readonly onFailure?: 'keep-order' | undefined;
  readonly retryPausesMs?: readonly number[] | undefined;
  readonly retryDelaysMs?: readonly number[] | undefined;
  readonly timeLimitMs?: number | undefined;
  readonly replayable?: boolean | undefined;
}
