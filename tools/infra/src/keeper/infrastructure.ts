import { setTimeout as pause } from 'node:timers/promises';
import { choose, chooseForOwnBroker, PARTS } from '../choices.js';
import { firstLine, InfraError } from '../infra-error.js';
import { findDocker } from '../machine/programs.js';
import { running } from '../machine/owned-process.js';
import { freePort } from '../machine/ports.js';
import { externalKafka, externalMail, externalPostgres } from '../parts/external.js';
import { kafkaVersion } from '../parts/kafka-jars.js';
import { LocalKafka } from '../parts/kafka-local.js';
import { LocalMail } from '../parts/mail-local.js';
import type { Broker, Kafka, Mail, Part as RunningPart, Postgres } from '../parts/part.js';
import { LocalPostgres } from '../parts/postgres-local.js';
import { readSettings, type Settings } from '../settings.js';
import type { Choice, Part } from '../system.js';
import { portFor } from './memory.js';
import type { Facts } from './protocol.js';

type Say = (line: string) => void;

/** What a keeper is asked to run. */
export interface Extent {
  /** One broker and nothing else, for a test that takes it away: see `startOwnBroker`. */
  readonly ownBroker?: { properties: Record<string, string> };
}

const RESTARTS = 3;
const RESTART_AFTER_MS = 1_000;

/** Kafka, PostgreSQL and mail, each from where it was chosen. */
export class Infrastructure {
  private readonly parts: { kafka?: Kafka; postgres?: Postgres; mail?: Mail } = {};
  private choices: Choice[] = [];
  private settings: Settings = {};
  private starting: Promise<void> | undefined;
  private stopping = false;

  constructor(
    private readonly extent: Extent,
    private readonly say: Say,
  ) {}

  /** Starts the parts side by side; throws the first failure when each has started or failed. */
  start(): Promise<void> {
    return (this.starting = this.startParts());
  }

  /** What was started last stops first; a start that is under way is given up. */
  async stop(): Promise<void> {
    this.stopping = true;
    for (const part of [this.parts.mail, this.parts.kafka, this.parts.postgres]) await part?.stop();
    await endRunning();
    await Promise.race([this.starting?.catch(() => undefined), pause(2_000)]);
    await endRunning();
  }

  /** What those who hold a lease are told. */
  get facts(): Facts {
    const { kafka, postgres, mail } = this.parts;
    return {
      kafka: kafka?.kafka ?? '',
      mailUrl: mail?.pageUrl ?? '',
      databaseServer: postgres?.serverUrl ?? '',
      env: { ...this.kafkaVariables(), ...(mail ? { SMTP_URL: mail.smtpUrl } : {}) },
      choices: this.choices,
    };
  }

  /** The broker, where a test may take it away. */
  get broker(): Broker {
    const kafka = this.parts.kafka;
    if (this.extent.ownBroker && kafka && 'kill' in kafka) return kafka as Broker;
    throw new InfraError('This broker is shared: a test that takes a broker away starts its own (startOwnBroker).');
  }

  private async startParts(): Promise<void> {
    this.settings = readSettings();
    this.choices = await this.choose();
    const outcomes = await Promise.allSettled(this.choices.map((choice) => this.startPart(choice)));
    const failures = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as Error] : []));
    const failure = failures.find((error) => error instanceof InfraError) ?? failures[0];
    if (failure) throw failure;
  }

  private async choose(): Promise<Choice[]> {
    const docker = await findDocker();
    return this.extent.ownBroker ? chooseForOwnBroker(this.settings, docker) : choose(this.settings, docker, PARTS);
  }

  private async startPart(choice: Choice): Promise<void> {
    const part = await this.prepare(choice);
    if (this.stopping) return;
    await part.start();
    this.say(`${choice.part}: ready at ${this.address(choice.part)}`);
    if (!this.extent.ownBroker) this.watch(choice.part, part, RESTARTS);
  }

  private async prepare(choice: Choice): Promise<RunningPart> {
    switch (choice.part) {
      case 'kafka':
        return (this.parts.kafka = await this.prepareKafka(choice));
      case 'postgres':
        return (this.parts.postgres = await this.preparePostgres(choice));
      case 'mail':
        return (this.parts.mail = await this.prepareMail(choice));
    }
  }

  private async prepareKafka(choice: Choice): Promise<Kafka> {
    if (choice.provider === 'external' && this.settings.kafka) {
      this.announce(choice, `asking ${this.settings.kafka.brokers.join(', ')}`);
      return externalKafka(this.settings.kafka);
    }
    const port = this.extent.ownBroker ? await freePort() : await portFor('kafka', 9092, this.say);
    this.announce(choice, `starting Apache Kafka ${kafkaVersion()} on 127.0.0.1:${port}`);
    const { properties } = this.extent.ownBroker ?? {};
    return LocalKafka.prepare(port, {
      say: this.say,
      ...(properties ? { properties, writesArchive: false } : {}),
    });
  }

  private async preparePostgres(choice: Choice): Promise<Postgres> {
    if (choice.provider === 'external' && this.settings.postgres) {
      this.announce(choice, `asking ${new URL(this.settings.postgres.url).host}`);
      return externalPostgres(this.settings.postgres.url);
    }
    const port = await portFor('postgres', 55_432, this.say);
    this.announce(choice, `starting PostgreSQL on 127.0.0.1:${port}`);
    return new LocalPostgres(port);
  }

  private async prepareMail(choice: Choice): Promise<Mail> {
    if (choice.provider === 'external' && this.settings.mail) {
      this.announce(choice, `asking ${new URL(this.settings.mail.smtpUrl).host}`);
      return externalMail(this.settings.mail.smtpUrl, this.settings.mail.pageUrl);
    }
    const smtpPort = await portFor('smtp', 1025, this.say);
    const pagePort = await portFor('mail', 1080, this.say);
    this.announce(choice, `starting maildev on 127.0.0.1:${smtpPort} (page: ${pagePort})`);
    return new LocalMail(smtpPort, pagePort);
  }

  private announce({ part, provider, reason }: Choice, doing: string): void {
    this.say(`${part}: ${provider}, because ${reason}; ${doing} …`);
  }

  private address(part: Part): string {
    const { kafka, postgres, mail } = this.parts;
    if (part === 'kafka') return kafka?.kafka ?? '';
    if (part === 'postgres') return postgres ? new URL(postgres.serverUrl).host : '';
    return mail ? `${new URL(mail.smtpUrl).host}${mail.pageUrl ? `, page ${mail.pageUrl}` : ''}` : '';
  }

  /** A part that ends by itself, or is killed, is started again where it was: a few times, then it is left. */
  private watch(name: Part, part: RunningPart, restarts: number): void {
    void part.ended?.then(async (how) => {
      if (this.stopping) return;
      if (restarts === 0) return this.say(`${name}: ended again (${how}); it is left stopped, see the log folder`);
      this.say(`${name}: ended (${how}); starting it again`);
      await pause(RESTART_AFTER_MS);
      if (this.stopping) return;
      await part.start().then(
        () => this.say(`${name}: ready again at ${this.address(name)}`),
        (error: unknown) => this.say(`${name}: ${firstLine(error)}`),
      );
      this.watch(name, part, restarts - 1);
    });
  }

  private kafkaVariables(): Record<string, string> {
    const external = this.settings.kafka;
    const sasl = external?.sasl;
    return {
      KAFKA_BROKERS: this.parts.kafka?.kafka ?? '',
      ...(external?.ssl ? { KAFKA_SSL: 'true' } : {}),
      ...(sasl
        ? {
            KAFKA_SASL_MECHANISM: sasl.mechanism,
            KAFKA_SASL_USERNAME: sasl.username,
            KAFKA_SASL_PASSWORD: sasl.password,
          }
        : {}),
    };
  }
}

/** Of a start that was given up: Maven, or a server that was not yet a part. */
const endRunning = async (): Promise<void> => {
  await Promise.all([...running].map((process) => process.stop('SIGTERM', 1_000)));
};
