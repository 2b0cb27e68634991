import { setTimeout as pause } from 'node:timers/promises';
import { choose, chooseForOwnBroker } from '../choices.js';
import { firstLine, InfraError } from '../infra-error.js';
import { findDocker } from '../machine/programs.js';
import { running } from '../machine/owned-process.js';
import type { DockerParts } from '../parts/docker/docker-parts.js';
import type { Broker, Kafka, Mail, Part as RunningPart, Postgres } from '../parts/part.js';
import { readSettings, type Settings } from '../settings.js';
import type { Choice, Part } from '../system.js';
import { type Extent, Preparation } from './prepare.js';
import type { Facts, PartAction } from '../keeper/protocol.js';

const RESTARTS = 3;
const RESTART_AFTER_MS = 1_000;

/** Kafka, PostgreSQL and mail, each from where it was chosen. */
export class Infrastructure {
  private readonly parts: { kafka?: Kafka; postgres?: Postgres; mail?: Mail } = {};
  private choices: Choice[] = [];
  private settings: Settings = {};
  private docker: DockerParts | undefined;
  private starting: Promise<void> | undefined;
  private stopping = false;
  /** Taken away on purpose: nobody starts them but who took them. */
  private readonly away = new Set<Part>();

  constructor(
    private readonly extent: Extent,
    private readonly say: (line: string) => void,
  ) {}

  /** Starts the parts side by side; throws the first failure, at once. */
  start(): Promise<void> {
    return (this.starting = this.startParts());
  }

  /** Mail, then Kafka, then PostgreSQL; a start that is under way is given up. */
  async stop(): Promise<void> {
    this.stopping = true;
    for (const part of [this.parts.mail, this.parts.kafka, this.parts.postgres]) await part?.stop();
    await this.docker?.down();
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
      ...(kafka?.users && { users: kafka.users.known }),
    };
  }

  /** The broker, where a test may take it away. */
  get broker(): Broker {
    const kafka = this.parts.kafka;
    if (this.extent.ownBroker && kafka && 'kill' in kafka) return kafka as Broker;
    throw new InfraError('This broker is shared: a test that takes a broker away starts its own (startOwnBroker).');
  }

  /** Takes away a part that this home runs, or brings it back. What is there is not started again. */
  async act(name: Part, action: PartAction): Promise<void> {
    const part = this.parts[name];
    if (!part || this.choices.find((choice) => choice.part === name)?.provider !== 'local')
      throw new InfraError(`${name} can't be taken away: only what this home runs itself, without Docker, can be.`);
    if (!(action in part)) throw new InfraError(`${name} knows no ${action}.`);
    if (action === 'start' && !this.away.has(name)) return;
    if (action === 'kill' || action === 'stop') this.away.add(name);
    await (part as Broker)[action]();
    if (action !== 'start') return;
    this.away.delete(name);
    this.watch(name, part, RESTARTS);
  }

  private async startParts(): Promise<void> {
    this.settings = readSettings();
    const docker = await findDocker();
    this.choices = this.extent.ownBroker
      ? await chooseForOwnBroker(this.settings, docker)
      : choose(this.settings, docker);
    const preparation = new Preparation(this.extent, this.settings, this.say);
    this.docker = await preparation.dockerParts(this.choices);
    await Promise.all(this.choices.map((choice) => this.startPart(choice, preparation)));
  }

  private async startPart(choice: Choice, preparation: Preparation): Promise<void> {
    const part = await this.prepare(choice, preparation);
    if (this.stopping) return;
    await part.start();
    this.say(`${choice.part}: ready at ${this.address(choice.part)}`);
    if (!this.extent.ownBroker) this.watch(choice.part, part, RESTARTS);
  }

  private async prepare(choice: Choice, preparation: Preparation): Promise<RunningPart> {
    switch (choice.part) {
      case 'kafka':
        return (this.parts.kafka = await preparation.kafka(choice));
      case 'postgres':
        return (this.parts.postgres = await preparation.postgres(choice));
      case 'mail':
        return (this.parts.mail = await preparation.mail(choice));
    }
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
      if (this.stopping || this.away.has(name)) return;
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
    const sasl = external?.sasl ?? this.parts.kafka?.users?.login;
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
