import { Logger } from '@nestjs/common';
import kafkajs, { type Assigner, type Cluster, type Kafka, type KafkaConfig, type LogEntry } from 'kafkajs';
import { registerCodecs } from './codecs.js';
import { quietConnections } from './quiet-connections.js';
import { readHeadersOnce } from './record-headers.js';
import type { ResolvedSettings } from './settings.js';

/** Where kafkajs clients are made, all with the same broker list, credentials and patience. */
export class KafkaConnection {
  readonly clientId: string;
  /** What kafkajs last logged as an error: for some failures the broker's true reason stands nowhere else. */
  lastError = '';
  readonly #logger = new Logger('kafkajs');

  constructor(
    readonly service: string,
    readonly settings: ResolvedSettings,
    random: string,
  ) {
    this.clientId = `${service}-${settings.replica ?? random}`;
    registerCodecs();
    readHeadersOnce();
    quietConnections();
  }

  /** Brokers and user, for sentences. */
  get address(): string {
    const user = this.settings.sasl ? ` as user ${this.settings.sasl.username}` : '';
    return `${this.settings.brokers.join(', ')}${user}`;
  }

  kafka(overrides: Partial<KafkaConfig> = {}): Kafka {
    const { brokers, ssl, sasl } = this.settings;
    // kafkajs types its mechanisms as one interface each; ours is their union.
    const credentials = sasl ? { sasl: sasl as NonNullable<KafkaConfig['sasl']> } : {};
    return new kafkajs.Kafka({
      clientId: this.clientId,
      brokers: [...brokers],
      ssl,
      ...credentials,
      connectionTimeout: 1_000,
      authenticationTimeout: 5_000,
      // Deadlines of our own stand above this: kafkajs' defaults take 9 to 22 s to reject.
      retry: { retries: 2, initialRetryTime: 100, maxRetryTime: 300 },
      logLevel: kafkajs.logLevel.WARN,
      logCreator: () => (entry) => this.#log(entry),
      ...overrides,
    });
  }

  /** Connections and metadata, bare: kafkajs hands them to a consumer's assigner, and to nobody else. */
  cluster(overrides: Partial<KafkaConfig> = {}): Cluster {
    let found: Cluster | undefined;
    const assigner = ({ cluster }: { cluster: Cluster }): Assigner => {
      found = cluster;
      return NO_ASSIGNER;
    };
    this.kafka(overrides).consumer({
      groupId: 'none: it never joins',
      partitionAssigners: [assigner],
      allowAutoTopicCreation: false,
      metadataMaxAge: 30_000,
    });
    if (!found) throw new Error('kafkajs did not hand over its cluster to the assigner, as version 2.2.4 does.');
    return found;
  }

  // What matters of these lines is told by health and by our own log, once; kafkajs repeats it at ERROR on every retry.
  #log(entry: LogEntry): void {
    const detail = typeof entry.log['error'] === 'string' ? `: ${entry.log['error']}` : '';
    const line = `${entry.namespace} ${entry.log.message}${detail}`;
    if (entry.level === kafkajs.logLevel.ERROR) this.lastError = line;
    this.#logger.debug(line);
  }
}

const NO_ASSIGNER: Assigner = {
  name: 'none',
  version: 0,
  assign: () => Promise.resolve([]),
  protocol: () => ({ name: 'none', metadata: Buffer.alloc(0) }),
};
