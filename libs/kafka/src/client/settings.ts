import { SettingsError } from '../errors.js';

/** How a service reaches Kafka, and how it behaves there. Times in milliseconds. */
export interface KafkaSettings {
  /** `host:port` of one or more brokers. */
  readonly brokers: readonly string[];
  /** Who the service is to the broker. Default: it does not say so. */
  readonly sasl?: SaslSettings;
  /** Connects with TLS. Default: false. */
  readonly ssl?: boolean;
  /**
   * Number of this replica: the client id becomes `billing-2`, and a replica that comes back after a kill evicts its own
   * ghost from the group. Without it the client id is `billing-<random>`.
   */
  readonly replica?: number;
  /** Creates no topics; refuses to start where one is missing. Default: false. */
  readonly production?: boolean;
  /** Folder of `<replica>.jsonl`, one line for each handled message. Default: none is written. */
  readonly journal?: string;
  /** How long a start waits for the broker, in ms. Default: 6 000. */
  readonly startTimeoutMs?: number;
  /** How long a start waits for topics that other services create, in ms. Default: 30 000. */
  readonly topicTimeoutMs?: number;
  /**
   * After how many ms without a heartbeat the broker gives a replica's partitions to others.
   * Default: 6 000, the least that a broker with default settings accepts.
   */
  readonly sessionTimeoutMs?: number;
  /** Milliseconds between heartbeats; a rebalance is noticed with the next one. Default: 250. */
  readonly heartbeatMs?: number;
  /**
   * How long a publish may go on trying, in ms. Default: 20 000. Where a broker of several is gone without a word, nothing
   * is acknowledged for as long as the others wait for it: `broker.session.timeout.ms`, which is 9 000 by default.
   */
  readonly publishTimeoutMs?: number;
  /**
   * Bytes of memory, roughly, that may wait to be sent, a record's own overhead of 1 000 included; beyond, a publish is
   * rejected with `QUEUE_FULL`. Default: 64 000 000.
   */
  readonly publishQueueBytes?: number;
  /**
   * How long a stop waits for running handlers, in ms; a rebalance does so for a third of the session timeout at most.
   * Default: 2 000.
   */
  readonly drainMs?: number;
  /** Offsets are committed at least once in so many ms while there is something to commit. Default: 500. */
  readonly commitMs?: number;
  /**
   * Pauses between the attempts in place, in ms; one attempt more than there are pauses. What still fails goes through the
   * retry topics. Default: 100, 500.
   */
  readonly retryPausesMs?: readonly number[];
  /**
   * The same, in ms, for handlers that keep the order of a partition (`onFailure: 'keep-order'`,
   * `delivery: 'every-replica'`): what still fails becomes a dead letter. Default: 100, 500, 2 000, 5 000.
   */
  readonly keepOrderPausesMs?: readonly number[];
  /**
   * How long a call of a handler may take, in ms. Then its `@Signal()` fires; 5 s later nobody waits for it any more, and it
   * counts as failed. Default: 30 000.
   */
  readonly timeLimitMs?: number;
  /**
   * Takes messages that fail alike, two or more of one handler with none that gets through, for a dependency that is down:
   * their lanes wait, in order, instead of moving everything to retry topics. Default: true.
   */
  readonly breaker?: boolean;
  /**
   * What an error of an event's handler says about trying again; undefined, also for one that throws itself: as
   * `classify(error)` says. Default: none.
   */
  readonly classify?: (error: Error) => 'give-up' | 'wait-for-dependency' | 'try-again' | undefined;
  /** Is told of each dead letter once the broker has it; what it throws is logged. Default: none. */
  readonly onDeadLetter?: (notice: DeadLetterNotice) => void | Promise<void>;
}

/** A dead letter, for those who are told of it. */
export interface DeadLetterNotice {
  /** Where it is: `billing.dead-letters`. */
  readonly deadLetterTopic: string;
  /** Where the message came from first. */
  readonly topic: string;
  /** Partition of that topic. */
  readonly partition: number;
  /** 64 bits: not a number. */
  readonly offset: bigint;
  /** The group in which it failed. */
  readonly group: string;
  /** `Class.method`. */
  readonly handler: string;
  /** Calls of the handler; 0 where it could not be read. */
  readonly attempts: number;
  /** The error's own `code`, else its class. */
  readonly code: string;
  /** What was thrown. */
  readonly error: Error;
}

/** Credentials of a service, as the broker knows them. */
export interface SaslSettings {
  /** One that the broker's listener offers. */
  readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
  /** The principal that the broker's access rules name. */
  readonly username: string;
  /** Is neither logged nor part of an error's message. */
  readonly password: string;
}

export type ResolvedSettings = Required<Omit<KafkaSettings, Unset>> & Pick<KafkaSettings, Unset>;

/** Settings without a default. */
type Unset = 'sasl' | 'replica' | 'journal' | 'classify' | 'onDeadLetter';

/** @throws SettingsError naming every setting that can't work */
export function withDefaults(settings: KafkaSettings): ResolvedSettings {
  const given = Object.entries(settings).filter(([, value]) => value !== undefined);
  const resolved: ResolvedSettings = {
    brokers: [],
    ssl: false,
    production: false,
    startTimeoutMs: 6_000,
    topicTimeoutMs: 30_000,
    sessionTimeoutMs: 6_000,
    heartbeatMs: 250,
    publishTimeoutMs: 20_000,
    publishQueueBytes: 64_000_000,
    drainMs: 2_000,
    commitMs: 500,
    retryPausesMs: [100, 500],
    keepOrderPausesMs: [100, 500, 2_000, 5_000],
    timeLimitMs: 30_000,
    breaker: true,
    ...Object.fromEntries(given),
  };
  const mistakes = mistakesIn(resolved);
  if (mistakes.length > 0) throw new SettingsError(`Kafka settings: ${mistakes.join('; ')}.`);
  return resolved;
}

/** Node's, in ms: beyond, a timer fires at once. */
const LONGEST_TIMER = 2_147_483_647;

function mistakesIn(settings: ResolvedSettings): string[] {
  const { brokers, heartbeatMs, publishQueueBytes, sessionTimeoutMs, replica } = settings;
  const mistakes: string[] = [];
  if (brokers.length === 0) mistakes.push('brokers is empty, host:port of at least one is needed');
  for (const broker of brokers) {
    if (!/^.+:\d{1,5}$/.test(broker)) mistakes.push(`brokers has "${broker}", host:port is needed`);
  }
  for (const [name, value] of Object.entries(settings)) {
    if (name.endsWith('Ms') && typeof value === 'number' && !(value > 0 && value <= LONGEST_TIMER)) {
      mistakes.push(`${name} is ${value}, milliseconds above 0 are needed`);
    }
  }
  if (!(publishQueueBytes > 0)) mistakes.push(`publishQueueBytes is ${publishQueueBytes}, bytes above 0 are needed`);
  for (const name of ['retryPausesMs', 'keepOrderPausesMs'] as const) {
    if (settings[name].some((pause) => !(pause >= 0 && pause <= LONGEST_TIMER))) {
      mistakes.push(`${name} is [${settings[name].join(', ')}], milliseconds are needed`);
    }
  }
  if (heartbeatMs * 2 >= sessionTimeoutMs) {
    mistakes.push(`heartbeatMs (${heartbeatMs}) must be less than half of sessionTimeoutMs (${sessionTimeoutMs})`);
  }
  if (replica !== undefined && !(Number.isInteger(replica) && replica >= 0)) {
    mistakes.push(`replica is ${replica}, a whole number is needed`);
  }
  return mistakes;
}
