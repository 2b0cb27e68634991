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
import { keepApart, portFor } from './memory.js';

/** What a keeper is asked to run. */
export interface Extent {
  /** One broker and nothing else, for a test that takes it away: see `startOwnBroker`. */
  readonly ownBroker?: { properties: Record<string, string>; fullJit?: boolean; core?: number; secured?: Secured };
  readonly database?: DatabaseExtent;
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
    if (!ownBroker) keepApart(secured ? 'secured' : 'open');
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
    const port = await this.port('kafka', 9092);
    const own = this.extent.ownBroker;
    const users = this.users();
    const secured = users ? ' (secured)' : '';
    this.announce(choice, `starting Apache Kafka ${kafkaVersion()}${secured} on 127.0.0.1:${port}`);
    const given = { say: this.say, ...(users && { users }) };
    return LocalKafka.prepare(port, own ? { ...given, ...own, writesArchive: false } : given);
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
