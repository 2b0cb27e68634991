import type { KafkaUsers } from './kafka/kafka-users.js';

/** A part of the infrastructure that this home runs, from whichever provider. Its data outlives it. */
export interface Part {
  /** Resolves when it is ready. */
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Settles when it has ended, whoever ended it, with how. Absent where somebody else watches over it. */
  readonly ended?: Promise<string>;
}

export interface Kafka extends Part {
  /** `host:port[,host:port]` */
  readonly kafka: string;
  /** Of a secured broker of ours; absent where it is open, or somebody else's. */
  readonly users?: KafkaUsers | undefined;
}

/** A broker that a test may take away and bring back. */
export interface Broker extends Kafka {
  kill(): Promise<void>;
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Kafka's own console producer writes a record for each line. */
  produce(lines: ConsoleLines): Promise<void>;
}

/** Several brokers, by their numbers from 1. */
export interface Cluster extends Kafka {
  readonly nodes: readonly (Broker & { readonly name: string })[];
}

export interface ConsoleLines {
  readonly topic: string;
  /** `none`, `gzip`, `snappy`, `lz4` or `zstd`. */
  readonly compression: string;
  readonly lines: readonly string[];
}

export interface Postgres extends Part {
  /** The server, with a user who may create databases. */
  readonly serverUrl: string;
}

export interface Mail extends Part {
  readonly smtpUrl: string;
  /** The page and its API; '' where there is none. */
  readonly pageUrl: string;
}
