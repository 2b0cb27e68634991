import { setTimeout as pause } from 'node:timers/promises';
import { choose, chooseForOwnBroker } from '../choices.js';
import { firstLine, InfraError } from '../infra-error.js';
import { findDocker } from '../machine/programs.js';
import { running } from '../machine/owned-process.js';
import type { DockerParts } from '../parts/docker/docker-parts.js';
import type { Broker, Cluster, Kafka, Mail, Part as RunningPart, Postgres } from '../parts/part.js';
import { readSettings, type Settings } from '../settings.js';
import { environment } from '../workspace.js';
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
  private readonly away = new Set<string>();

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
  broker(node = 1): Broker {
    if (this.extent.ownBroker) return this.brokers()[node - 1] ?? noBroker(node, this.brokers().length);
    throw new InfraError('This broker is shared: a test that takes a broker away starts its own (startOwnBroker).');
  }

  /** Takes away a part that this home runs, or brings it back. What is there is not started again. */
  async act(name: Part, action: PartAction, node = 1): Promise<void> {
    if (!this.parts[name] || this.choices.find((choice) => choice.part === name)?.provider !== 'local')
      throw new InfraError(`${name} can't be taken away: only what this home runs itself, without Docker, can be.`);
    const [who, part] = this.watched(name)[node - 1] ?? noBroker(node, this.watched(name).length);
    if (!(action in part)) throw new InfraError(`${name} knows no ${action}.`);
    if (action === 'start' && !this.away.has(who)) return;
    if (action === 'kill' || action === 'stop') this.away.add(who);
    await (part as Broker)[action]();
    if (action !== 'start') return;
    this.away.delete(who);
    this.watch(who, part, RESTARTS);
  }

  private brokers(): readonly Broker[] {
    const { kafka } = this.parts;
    if (!kafka) return [];
    return 'nodes' in kafka ? (kafka as Cluster).nodes : [kafka as Broker];
  }

  /** What is started again where it ends, with its name: each broker of several by itself. */
  private watched(name: Part): (readonly [string, RunningPart])[] {
    const part = this.parts[name];
    if (!part) return [];
    return 'nodes' in part ? (part as Cluster).nodes.map((node) => [node.name, node] as const) : [[name, part]];
  }

  private async startParts(): Promise<void> {
    // What a test's own broker is, the test says.
    const whatever = this.extent.ownBroker && { KAFKA_SECURED: '', KAFKA_NODES: '' };
    this.settings = readSettings({ ...environment(), ...whatever });
    const docker = await findDocker();
    this.choices = this.extent.ownBroker
      ? await chooseForOwnBroker(this.settings, docker, this.extent.ownBroker.nodes)
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
    if (this.extent.ownBroker) return;
    for (const [who, one] of this.watched(choice.part)) this.watch(who, one, RESTARTS);
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
  private watch(name: string, part: RunningPart, restarts: number): void {
    void part.ended?.then(async (how) => {
      if (this.stopping || this.away.has(name)) return;
      if (restarts === 0) return this.say(`${name}: ended again (${how}); it is left stopped, see the log folder`);
      this.say(`${name}: ended (${how}); starting it again`);
      await pause(RESTART_AFTER_MS);
      if (this.stopping) return;
      await part.start().then(
        () => this.say(`${name}: ready again`),
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

function noBroker(node: number, count: number): never {
  throw new InfraError(`There is no broker ${node}: there ${count === 1 ? 'is one' : `are ${count}`}.`);
}

/** Of a start that was given up: Maven, or a server that was not yet a part. */
const endRunning = async (): Promise<void> => {
  await Promise.all([...running].map((process) => process.stop('SIGTERM', 1_000)));
};
