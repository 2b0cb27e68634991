import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { LeaseHolder } from './acquire.js';
import { inHome } from './home.js';
import { InfraError } from './infra-error.js';
import type { Extent, Secured } from './infrastructure/prepare.js';
import { connect } from './keeper/connect.js';
import type { Facts } from './keeper/protocol.js';
import { userVariables } from './parts/kafka/kafka-users.js';
import type { ConsoleLines } from './parts/part.js';

/** A broker that a test may take away and bring back. */
export interface OwnBroker {
  /** `host:port`, the same as long as it is there. */
  readonly kafka: string;
  /** `KAFKA_BROKERS`, and of a secured one the login of `infra`, who may do everything. */
  readonly env: Record<string, string>;
  /** `KAFKA_SASL_*` of one of its users; nothing where it is not secured. */
  userEnv(user: string): Record<string, string>;
  /** SIGKILL. Resolves when it is gone. */
  kill(): Promise<void>;
  /** SIGTERM: in good order. Resolves when it is gone. */
  stop(): Promise<void>;
  /** Again, at the same address and with the same data. Resolves when it is ready. */
  start(): Promise<void>;
  /** SIGSTOP: connections stay open, and nobody answers. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Kafka's own console producer writes a record for each line, in batches of the compression that is named. */
  produce(lines: ConsoleLines): Promise<void>;
  /** Stops it and deletes its data. */
  remove(): Promise<void>;
}

const REMOVED_WITHIN_MS = 30_000;

export interface OwnBrokerOptions {
  /** Added to its settings. */
  readonly properties?: Record<string, string>;
  /** For measuring: all of Java's compilers, not only the quick one. In Docker they always are. Default: false. */
  readonly fullJit?: boolean;
  /** The only core that it may use, where `taskset` can say so and it does not run in Docker. Default: any. */
  readonly core?: number;
  /** It asks who one is, and what one may do. Default: it is open to everybody. */
  readonly secured?: Secured;
}

/**
 * Starts a broker for the caller alone, whatever `KAFKA_BROKERS` says: right here, else in Docker. Removed when the
 * caller ends without having done so.
 */
export async function startOwnBroker(options: OwnBrokerOptions = {}): Promise<OwnBroker> {
  const { facts, lease, remove } = await startOwn({ properties: {}, ...options });
  const ask = async (action: 'kill' | 'stop' | 'start' | 'pause' | 'resume'): Promise<void> => {
    await lease.ask({ what: 'broker', action });
  };
  return {
    kafka: facts.kafka,
    env: facts.env,
    userEnv: (user) => (facts.users ? userVariables(facts.users, user) : {}),
    kill: () => ask('kill'),
    stop: () => ask('stop'),
    start: () => ask('start'),
    pause: () => ask('pause'),
    resume: () => ask('resume'),
    produce: async (given) => {
      await lease.ask({ what: 'console-producer', given });
    },
    remove,
  };
}

export interface Own {
  readonly facts: Facts;
  readonly lease: LeaseHolder;
  /** Stops it and deletes its data. */
  readonly remove: () => Promise<void>;
}

/** In a home of its own, with a keeper of its own. */
export async function startOwn(ownBroker: NonNullable<Extent['ownBroker']>): Promise<Own> {
  const folder = inHome('brokers', randomBytes(6).toString('hex'));
  mkdirSync(folder, { recursive: true });
  const connection = await connect({
    home: folder,
    name: 'own broker',
    say: () => undefined,
    extent: { ownBroker },
  });
  const lease = new LeaseHolder(connection, () => undefined);
  const remove = async (): Promise<void> => {
    await lease.release();
    await untilGone(folder);
  };
  return { facts: connection.facts, lease, remove };
}

async function untilGone(folder: string): Promise<void> {
  const deadline = Date.now() + REMOVED_WITHIN_MS;
  while (existsSync(folder)) {
    if (Date.now() > deadline) throw new InfraError(`The broker in ${folder} was not removed in time.`);
    await pause(25);
  }
}
