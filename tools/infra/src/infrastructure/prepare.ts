import { freePort } from '../machine/ports.js';
import { DockerParts } from '../parts/docker/docker-parts.js';
import { externalKafka, externalMail, externalPostgres } from '../parts/external.js';
import { kafkaVersion } from '../parts/kafka/kafka-jars.js';
import { LocalKafka } from '../parts/kafka/kafka-local.js';
import { KafkaUsers } from '../parts/kafka/kafka-users.js';
import { LocalMail } from '../parts/mail/mail-local.js';
import type { Kafka, Mail, Postgres } from '../parts/part.js';
import { LocalPostgres } from '../parts/postgres/postgres-local.js';
import type { Settings } from '../settings.js';
import type { Choice, Part } from '../system.js';
import { services } from '../workspace.js';
import { LocalCluster } from '../parts/kafka/kafka-cluster.js';
import { keepApart, portFor } from './memory.js';

/** What a keeper is asked to run. */
export interface Extent {
  /** Brokers and nothing else, for a test that takes them away: see `startOwnBroker` and `startOwnCluster`. */
  readonly ownBroker?: OwnExtent;
  readonly database?: DatabaseExtent;
}

interface OwnExtent {
  readonly properties: Record<string, string>;
  readonly fullJit?: boolean;
  readonly core?: number;
  readonly secured?: Secured;
  /** Default: one. */
  readonly nodes?: 3;
}

/** PostgreSQL for measuring; where Docker runs it, it stays as it is. */
export interface DatabaseExtent {
  /** What is committed outlives a crash of the machine. */
  readonly durable: true;
  /** The only core that it may use, where `taskset` is there. */
  readonly core?: number;
}

/** A broker that knows its users, by name. */
export interface Secured {
  /** Beside `infra`, who may do everything. */
  readonly users: readonly string[];
  /** Whether it asks what they may do. Default: true. */
  readonly asksRights?: boolean;
}

/** Makes each part from where it was chosen, says so, and starts none. */
export class Preparation {
  private docker: DockerParts | undefined;

  constructor(
    private readonly extent: Extent,
    private readonly settings: Settings,
    private readonly say: (line: string) => void,
  ) {}

  /** One Compose project for all that Docker runs; undefined where it runs nothing. */
  async dockerParts(choices: Choice[]): Promise<DockerParts | undefined> {
    const services = choices.filter(({ provider }) => provider === 'docker').map(({ part }) => part);
    if (services.length === 0) return undefined;
    const port = (part: Part, what: string, usual: number): Promise<number> | number =>
      services.includes(part) ? this.port(what, usual) : usual;
    const ports = {
      kafka: await port('kafka', 'kafka', 9092),
      postgres: await port('postgres', 'postgres', 55_432),
      smtp: await port('mail', 'smtp', 1025),
      mail: await port('mail', 'mail', 1080),
    };
    const { properties } = this.extent.ownBroker ?? {};
    const users = services.includes('kafka') ? this.users() : undefined;
    return (this.docker = new DockerParts(services, ports, this.say, { properties, users }));
  }

  /** The users of a secured broker; undefined where it is open to everybody. */
  private users(): KafkaUsers | undefined {
    const { ownBroker } = this.extent;
    const secured: Secured | undefined = ownBroker ? ownBroker.secured : this.settings.secured && { users: services() };
    if (!ownBroker) keepApart(secured ? 'secured' : this.nodes > 1 ? 'cluster' : 'open');
    return secured && new KafkaUsers(secured.users, secured.asksRights);
  }

  async kafka(choice: Choice): Promise<Kafka> {
    const external = this.settings.kafka;
    if (choice.provider === 'external' && external) {
      this.announce(choice, `asking ${external.brokers.join(', ')}`);
      return externalKafka(external);
    }
    if (choice.provider === 'docker' && this.docker) {
      this.announce(choice, `starting Apache Kafka ${kafkaVersion()} in a container on ${this.docker.kafka.kafka}`);
      return this.docker.kafka;
    }
    const ports = await this.brokerPorts();
    const own = this.extent.ownBroker;
    const users = this.users();
    const secured = users ? ' (secured)' : '';
    const where = ports.map((port) => `127.0.0.1:${port}`).join(', ');
    this.announce(choice, `starting Apache Kafka ${kafkaVersion()}${secured} on ${where}`);
    const given = { say: this.say, ...(users && { users }) };
    const options = own ? { ...given, ...own, writesArchive: false } : given;
    const [port = 0, ...others] = ports;
    return others.length > 0 ? LocalCluster.prepare(ports, options) : LocalKafka.prepare(port, options);
  }

  private get nodes(): number {
    const { ownBroker } = this.extent;
    return (ownBroker ? ownBroker.nodes : this.settings.nodes) ?? 1;
  }

  private async brokerPorts(): Promise<number[]> {
    const ports: number[] = [];
    for (let id = 1; id <= this.nodes; id++)
      ports.push(await this.port(id === 1 ? 'kafka' : `kafka-${id}`, 9092 + 2 * (id - 1)));
    return ports;
  }

  async postgres(choice: Choice): Promise<Postgres> {
    const external = this.settings.postgres;
    if (choice.provider === 'external' && external) {
      this.announce(choice, `asking ${new URL(external.url).host}`);
      return externalPostgres(external.url);
    }
    if (choice.provider === 'docker' && this.docker) {
      const { host } = new URL(this.docker.postgres.serverUrl);
      this.announce(choice, `starting PostgreSQL in a container on ${host}`);
      return this.docker.postgres;
    }
    const port = await this.port('postgres', 55_432);
    this.announce(choice, `starting PostgreSQL on 127.0.0.1:${port}`);
    return new LocalPostgres(port, this.extent.database);
  }

  async mail(choice: Choice): Promise<Mail> {
    const external = this.settings.mail;
    if (choice.provider === 'external' && external) {
      this.announce(choice, `asking ${new URL(external.smtpUrl).host}`);
      return externalMail(external.smtpUrl, external.pageUrl);
    }
    if (choice.provider === 'docker' && this.docker) {
      const { smtpUrl, pageUrl } = this.docker.mail;
      this.announce(choice, `starting maildev in a container on ${new URL(smtpUrl).host} (page: ${pageUrl})`);
      return this.docker.mail;
    }
    const smtpPort = await this.port('smtp', 1025);
    const pagePort = await this.port('mail', 1080);
    this.announce(choice, `starting maildev on 127.0.0.1:${smtpPort} (page: http://127.0.0.1:${pagePort})`);
    return new LocalMail(smtpPort, pagePort);
  }

  private announce({ part, provider, reason }: Choice, doing: string): void {
    this.say(`${part}: ${provider}, because ${reason}; ${doing} …`);
  }

  /** The port of the last time, or the usual one; a broker that a test made for itself leaves those to the shop. */
  private port(what: string, usual: number): Promise<number> {
    return this.extent.ownBroker ? freePort() : portFor(what, usual, this.say);
  }
}
