import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { inHome, workspaceRoot } from '../../home.js';
import { InfraError } from '../../infra-error.js';
import { OwnedProcess } from '../../machine/owned-process.js';
import { freePort, holder, isFree } from '../../machine/ports.js';
import { findJava, type Java, OLDEST_JAVA, onCore, run } from '../../machine/programs.js';
import { classArchive, kafkaVersion, provideJars } from './kafka-jars.js';
import { clusterProperties, commonProperties, toProperties } from './kafka-properties.js';
import { kafkaIsReady } from './kafka-ready.js';
import type { Broker, ConsoleLines } from '../part.js';
import { infraClient, newUserProperty, securedProperties } from './kafka-security.js';
import { type KafkaUsers, newPassword } from './kafka-users.js';
import { consoleArguments, consoleInput } from './console-producer.js';

const READY_WITHIN_MS = 60_000;
// A first stop also writes the class archive; after that it takes a quarter of a second.
const STOP_WITHIN_MS = 8_000;

export const JAVA_ADVICE =
  'install Java (macOS: brew install openjdk@17; Debian and Ubuntu: sudo apt-get install openjdk-17-jre-headless), or start Docker, or point KAFKA_BROKERS at a broker';

export interface LocalKafkaOptions {
  readonly say: (line: string) => void;
  readonly properties?: Record<string, string>;
  /** Whether a first stop may take the three seconds that it takes to make later starts a second faster. */
  readonly writesArchive?: boolean;
  /** All of Java's compilers: slower to start, and what a benchmark wants. Default: the quick one only. */
  readonly fullJit?: boolean;
  /** The only core that it may use, where `taskset` is there. Default: any. */
  readonly core?: number;
  /** It asks who one is: these. Default: it is open to everybody. */
  readonly users?: KafkaUsers;
  /** It is one of several. Default: it is alone. */
  readonly member?: Member;
}

/** What a node of a cluster is told of the cluster. */
export interface Member {
  readonly id: number;
  /** The controllers of all nodes, `host:port`, by their numbers. */
  readonly controllers: readonly string[];
  readonly clusterId: string;
  /** Resolves when it holds all that it is to hold, so that another node may be taken away. */
  inSync(node: OwnedProcess): Promise<void>;
}

/** One node of Apache Kafka, broker and controller in one, run directly with `java`. Its data outlives it. */
export class LocalKafka implements Broker {
  private process: OwnedProcess | undefined;

  private constructor(
    private readonly java: Java,
    private readonly folder: string,
    private readonly port: number,
    private readonly given: LocalKafkaOptions,
  ) {}

  static async prepare(port: number, options: LocalKafkaOptions): Promise<LocalKafka> {
    const java = await findUsableJava();
    const folder = await provideJars(options.say);
    return new LocalKafka(java, folder, port, options);
  }

  get kafka(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** `kafka`; `kafka-2` of several. */
  get name(): string {
    return ['kafka', ...this.number].join('-');
  }

  get users(): KafkaUsers | undefined {
    return this.given.users;
  }

  /** Settles when the process ends, whoever ended it. */
  get ended(): Promise<string> {
    return this.process?.ended ?? Promise.resolve('never started');
  }

  /** Resolves when coordinators answer; one of several: when it is in sync. */
  async start(): Promise<void> {
    if (this.isRunning) return;
    const process = await this.launch();
    if (this.given.member) return this.given.member.inSync(process);
    await kafkaIsReady([this.kafka], READY_WITHIN_MS, { process, sasl: this.users?.login });
    await this.addUsers();
  }

  get isRunning(): boolean {
    return this.process !== undefined && this.process.end === undefined;
  }

  /** Resolves when its process runs, which may not answer yet. */
  async launch(): Promise<OwnedProcess> {
    if (!(await isFree(this.port)))
      throw new InfraError(`Kafka cannot start: port ${this.port} is held by ${holder(this.port)}.`);
    // Before the settings are written: they hold a password of a secured broker, which is made with its data.
    const isNew = this.makeRoom();
    const config = this.ownersFile('server.properties', toProperties(await this.settings()));
    if (isNew) await this.format(config);
    const args = [...this.options(), ...this.archiving(), 'kafka.Kafka', config];
    this.process = await OwnedProcess.start({
      name: this.name,
      ...(await onCore(this.given.core, this.java.command, args)),
    });
    return this.process;
  }

  async stop(): Promise<void> {
    await this.process?.stop('SIGTERM', STOP_WITHIN_MS);
    this.keepClassArchive();
  }

  async kill(): Promise<void> {
    await this.process?.stop('SIGKILL', 5_000);
  }

  async pause(): Promise<void> {
    await this.process?.freeze();
  }

  resume(): Promise<void> {
    this.process?.signal('SIGCONT');
    return Promise.resolve();
  }

  async produce({ lines, ...given }: ConsoleLines): Promise<void> {
    const args = [
      ...this.options(),
      'org.apache.kafka.tools.ConsoleProducer',
      ...consoleArguments(this.kafka, given),
      ...this.asInfra(),
    ];
    const { ok, output } = await run(this.java.command, args, READY_WITHIN_MS, { input: consoleInput(lines) });
    if (!ok) throw new InfraError(`Kafka's console producer failed: ${lastSentence(output)}`);
  }

  /** Services that were added since the data was made. */
  private async addUsers(): Promise<void> {
    for (const name of this.users?.missing ?? []) {
      const password = newPassword();
      const file = this.ownersFile('new-user.properties', newUserProperty(password));
      const user = ['--alter', '--entity-type', 'users', '--entity-name', name, '--add-config-file', file];
      const server = ['--bootstrap-server', this.kafka, ...this.asInfra()];
      const args = [...this.options(), 'kafka.admin.ConfigCommand', ...server, ...user];
      const { ok, output } = await run(this.java.command, args, READY_WITHIN_MS);
      rmSync(file, { force: true });
      if (!ok)
        throw new InfraError(
          `The broker's user ${name} could not be made: ${lastSentence(output).replaceAll(password, '…')}`,
        );
      this.users?.learned({ [name]: password });
      this.given.say(`kafka: user ${name} made`);
    }
  }

  /** For Kafka's own programs, where the broker asks who one is. */
  private asInfra(): string[] {
    if (!this.users) return [];
    return [
      '--command-config',
      this.ownersFile('infra.properties', toProperties(infraClient(this.users.login.password))),
    ];
  }

  private async settings(): Promise<Record<string, string>> {
    // Told at each start: nothing of it is kept in the data, so ports may change.
    const { id, controllers } = this.given.member ?? { id: 1, controllers: [`127.0.0.1:${await freePort()}`] };
    const controller = controllers[id - 1] ?? '';
    return {
      ...commonProperties(),
      ...(controllers.length > 1 ? clusterProperties : {}),
      'node.id': `${id}`,
      'controller.quorum.voters': controllers.map((address, index) => `${index + 1}@${address}`).join(),
      listeners: `CLIENTS://${this.kafka},CONTROLLER://${controller}`,
      'advertised.listeners': `CLIENTS://${this.kafka}`,
      ...this.security(),
      'log.dirs': this.file('data'),
      ...this.given.properties,
    };
  }

  private security(): Record<string, string> {
    if (!this.users)
      return {
        'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,CLIENTS:PLAINTEXT',
        'inter.broker.listener.name': 'CLIENTS',
      };
    const listeners = { clients: 'CLIENTS', itself: 'CLIENTS', password: this.users.login.password };
    return securedProperties(listeners, this.users.asksRights);
  }

  /** Whether there is no data yet. */
  private makeRoom(): boolean {
    const data = this.file('data');
    // Written last: a format that was killed is done again.
    if (existsSync(path.join(data, 'meta.properties'))) return false;
    rmSync(data, { recursive: true, force: true });
    mkdirSync(data, { recursive: true });
    this.users?.renew();
    return true;
  }

  private async format(config: string): Promise<void> {
    const data = this.file('data');
    const users = Object.entries(this.users?.known ?? {}).flatMap(([name, password]) => [
      '--add-scram',
      `SCRAM-SHA-256=[name=${name},password=${password}]`,
    ]);
    const args = [
      'kafka.tools.StorageTool',
      'format',
      '-t',
      this.given.member?.clusterId ?? newClusterId(),
      '-c',
      config,
      ...users,
    ];
    // In a file: what stands on a command line can be read by every user of the machine.
    const file = this.ownersFile('format.args', args.map((arg) => `"${arg.replaceAll('\\', '\\\\')}"\n`).join(''));
    const { ok, output } = await run(this.java.command, [...this.options(), `@${file}`], READY_WITHIN_MS);
    rmSync(file, { force: true });
    if (ok) return;
    const secrets = Object.values(this.users?.known ?? {});
    const said = secrets.reduce((text, secret) => text.replaceAll(secret, '…'), lastSentence(output));
    throw new InfraError(`Kafka's storage in ${data} could not be formatted: ${said}`);
  }

  private options(): string[] {
    const archive = classArchive(this.java);
    return [
      ...(this.given.member ? ['-Xms96m', '-Xmx256m'] : ['-Xms128m', '-Xmx512m']),
      '-XX:+UseSerialGC',
      // The quick compiler only: starts faster, and development is not a benchmark.
      ...(this.given.fullJit ? [] : ['-XX:TieredStopAtLevel=1']),
      ...(existsSync(archive) ? [`-XX:SharedArchiveFile=${archive}`] : []),
      '-Xlog:disable',
      '-Xlog:all=error:stderr',
      `-Dlog4j2.configurationFile=${path.join(workspaceRoot, 'docker/kafka/log4j2.yaml')}`,
      '-cp',
      path.join(this.folder, 'libs', '*'),
    ];
  }

  /** The first broker that is stopped in good order leaves the archive for all later ones. */
  private archiving(): string[] {
    const isWanted = (this.given.writesArchive ?? true) && !existsSync(classArchive(this.java));
    return isWanted ? [`-XX:ArchiveClassesAtExit=${this.file('classes.jsa')}`] : [];
  }

  private keepClassArchive(): void {
    const draft = this.file('classes.jsa');
    if (!existsSync(draft)) return;
    try {
      renameSync(draft, classArchive(this.java));
    } catch {
      // On another file system: the next start is a second slower, that is all.
      rmSync(draft, { force: true });
    }
  }

  /** A file in the broker's folder that may hold a password. */
  private ownersFile(name: string, text: string): string {
    const file = this.file(name);
    // One that was there keeps its mode.
    rmSync(file, { force: true });
    writeFileSync(file, text, { mode: 0o600 });
    return file;
  }

  private file(name: string): string {
    return inHome('kafka', ...this.number, name);
  }

  private get number(): string[] {
    return this.given.member ? [`${this.given.member.id}`] : [];
  }
}

async function findUsableJava(): Promise<Java> {
  const java = await findJava();
  if (!java) throw new InfraError(`Kafka needs Java ${OLDEST_JAVA} or newer, and there is none: ${JAVA_ADVICE}.`);
  if (java.version < OLDEST_JAVA)
    throw new InfraError(`Kafka needs Java ${OLDEST_JAVA} or newer, and this is ${java.version}: ${JAVA_ADVICE}.`);
  return java;
}

/** Not with a hyphen first: the tool would take it for an option. */
export function newClusterId(): string {
  const id = randomBytes(16).toString('base64url');
  return id.startsWith('-') ? newClusterId() : id;
}

const lastSentence = (output: string): string => output.trimEnd().split('\n').at(-1) ?? '';

export const describeLocalKafka = (): string => `Apache Kafka ${kafkaVersion()}`;
