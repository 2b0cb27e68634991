import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { StartedDockerComposeEnvironment, WaitStrategy } from 'testcontainers';
import { inHome, workspaceRoot } from '../../home.js';
import { firstLine, InfraError } from '../../infra-error.js';
import { until, within } from '../../machine/until.js';
import type { Part as Service } from '../../system.js';
import { docker, projectName, removeLeftovers } from './docker-engine.js';
import { consoleArguments, consoleInput } from '../kafka/console-producer.js';
import { toVariable } from '../kafka/kafka-properties.js';
import { securedProperties, usersScript } from '../kafka/kafka-security.js';
import { type KafkaUsers, newPassword } from '../kafka/kafka-users.js';
import { kafkaIsReady } from '../kafka/kafka-ready.js';
import { pageAnswers, smtpGreets } from '../mail/mail-ready.js';
import type { Broker, Mail, Postgres } from '../part.js';
import { selectOne } from '../postgres/postgres-client.js';

/** Images may have to be pulled first. */
const UP_WITHIN_MS = 15 * 60_000;
const READY_WITHIN_MS = 90_000;
const STOP_WITHIN_MS = 5_000;
const USERS_WITHIN_MS = 180_000;
/** The address that the broker has within: the other one is the host's. */
const WITHIN = 'kafka:19092';
const CONSOLE_PRODUCER = '/opt/kafka/bin/kafka-console-producer.sh';

export interface Ports {
  readonly kafka: number;
  readonly postgres: number;
  readonly smtp: number;
  readonly mail: number;
}

/** Those services of `docker/compose.yaml` that are wanted, as one project. Their data outlives them. */
export class DockerParts {
  readonly kafka: Broker;
  readonly postgres: Postgres;
  readonly mail: Mail;
  private readonly password = passwordOfPostgres();
  private readonly security: Record<string, string>;
  private upped: Promise<StartedDockerComposeEnvironment> | undefined;

  constructor(
    private readonly services: readonly Service[],
    private readonly ports: Ports,
    private readonly say: (line: string) => void,
    private readonly given: { properties?: Record<string, string> | undefined; users?: KafkaUsers | undefined } = {},
  ) {
    const { users } = given;
    this.security = users ? securedProperties({ clients: 'HOST', itself: 'NETWORK' }, users.asksRights) : {};
    this.kafka = this.broker(`127.0.0.1:${ports.kafka}`);
    this.postgres = this.server(`postgresql://postgres:${this.password}@127.0.0.1:${ports.postgres}/postgres`);
    this.mail = this.mailServer(`smtp://127.0.0.1:${ports.smtp}`, `http://127.0.0.1:${ports.mail}`);
  }

  /** Stops and removes the containers. */
  async down(): Promise<void> {
    const environment = await this.upped?.catch(() => undefined);
    // Data lies in folders of ours. Volumes are not asked to go all the same: that is for `reset`.
    await environment?.down({ removeVolumes: false, timeout: STOP_WITHIN_MS });
    this.upped = undefined;
  }

  private broker(kafka: string): Broker {
    const act = async (command: string): Promise<void> => {
      const container = (await this.up()).getContainer('kafka-1').getId();
      await docker([...command.split(' '), container]);
    };
    const { users } = this.given;
    return {
      kafka,
      users,
      start: async () => {
        if (this.upped) await act('start');
        else await this.up();
        await this.said('kafka', this.addUsers());
        await this.said('kafka', kafkaIsReady([kafka], READY_WITHIN_MS, users && { sasl: users.login }));
      },
      stop: () => act('stop --time 8'),
      kill: () => act('kill'),
      pause: () => act('pause'),
      resume: () => act('unpause'),
      produce: async ({ lines, ...given }) => {
        const container = (await this.up()).getContainer('kafka-1').getId();
        if (users) throw new InfraError("Kafka's console producer does not write to a secured broker in Docker.");
        const args = [CONSOLE_PRODUCER, ...consoleArguments(WITHIN, given)];
        await docker(['exec', '--interactive', container, ...args], READY_WITHIN_MS, consoleInput(lines));
      },
    };
  }

  /** Makes the users whom the broker does not know yet, from within, where it knows `infra` by its settings. */
  private async addUsers(): Promise<void> {
    const { users } = this.given;
    if (!users || users.missing.length === 0) return;
    const made = Object.fromEntries(users.missing.map((name) => [name, newPassword()]));
    const container = (await this.up()).getContainer('kafka-1').getId();
    // On standard input: what stands on a command line can be read by every user of the machine.
    const script = usersScript(this.security, made);
    await docker(['exec', '--interactive', container, 'bash', '-s'], USERS_WITHIN_MS, script);
    users.learned(made);
  }

  private server(serverUrl: string): Postgres {
    const start = async (): Promise<void> => {
      await this.up();
      await this.said(
        'postgres',
        until('PostgreSQL', READY_WITHIN_MS, () => selectOne(serverUrl)),
      );
    };
    return { serverUrl, start, stop: () => Promise.resolve() };
  }

  private mailServer(smtpUrl: string, pageUrl: string): Mail {
    const start = async (): Promise<void> => {
      await this.up();
      const check = (): Promise<unknown> => Promise.all([smtpGreets(smtpUrl), pageAnswers(pageUrl)]);
      await this.said('mail', until('Mail', READY_WITHIN_MS, check));
    };
    return { smtpUrl, pageUrl, start, stop: () => Promise.resolve() };
  }

  /** A failure with the last line that the container said. */
  private async said(service: Service, ready: Promise<void>): Promise<void> {
    await ready.catch(async (error: unknown) => {
      const container = (await this.up()).getContainer(`${service}-1`).getId();
      const last = await docker(['logs', '--tail', '1', container]).catch(firstLine);
      throw new InfraError(`${firstLine(error)}; its container said last: ${last}`);
    });
  }

  /** Once, whichever service asks first. */
  private up(): Promise<StartedDockerComposeEnvironment> {
    return (this.upped ??= this.start());
  }

  private async start(): Promise<StartedDockerComposeEnvironment> {
    tellTestcontainers();
    const { DockerComposeEnvironment } = await import('testcontainers');
    await removeLeftovers(this.say);
    const environment = new DockerComposeEnvironment(path.join(workspaceRoot, 'docker'), this.files())
      .withProjectName(projectName())
      .withAutoCleanup(false)
      .withEnvironment(this.variables())
      .withDefaultWaitStrategy(askOurselves);
    try {
      return await within('Docker', UP_WITHIN_MS, environment.up([...this.services]));
    } catch (error) {
      const way = 'or set INFRA=local to run without Docker';
      throw new InfraError(
        `Docker could not start ${this.services.join(', ')}: ${lastLine(error)}; put that right, ${way}.`,
      );
    }
  }

  private variables(): Record<string, string> {
    return {
      KAFKA_PORT: String(this.ports.kafka),
      POSTGRES_PORT: String(this.ports.postgres),
      SMTP_PORT: String(this.ports.smtp),
      MAIL_PORT: String(this.ports.mail),
      POSTGRES_PASSWORD: this.password,
      FIELDGUIDE_DATA: dataFolder(this.services),
    };
  }

  /** A broker of a test may have settings of its own, and a secured one has them. */
  private files(): string[] {
    const properties = { ...this.security, ...this.given.properties };
    if (Object.keys(properties).length === 0) return ['compose.yaml'];
    const file = inHome('docker', 'compose.properties.json');
    const entries = Object.entries(properties).map(([name, value]) => [toVariable(name), value]);
    const environment = Object.fromEntries(entries) as Record<string, string>;
    rmSync(file, { force: true });
    writeFileSync(file, JSON.stringify({ services: { kafka: { environment } } }), { mode: 0o600 });
    return ['compose.yaml', file];
  }
}

/** Each part is asked from here, by what its users will say. Testcontainers' own ways start a process a second in each. */
const askOurselves: WaitStrategy = {
  waitUntilReady: () => Promise.resolve(),
  withStartupTimeout: () => askOurselves,
  isStartupTimeoutSet: () => true,
  getStartupTimeout: () => READY_WITHIN_MS,
};

/** Before it is imported: it reads these once. */
function tellTestcontainers(): void {
  // Its reaper would remove what outlives a run on purpose; leftovers are found by the project's name instead.
  process.env['TESTCONTAINERS_RYUK_DISABLED'] = 'true';
  // Within a container it would take the bridge's address, where ports published on loopback do not answer.
  if (existsSync('/.dockerenv')) process.env['TESTCONTAINERS_HOST_OVERRIDE'] ??= 'localhost';
}

/** Made beforehand and open to the users of the images; the folder above them is closed to everybody else. */
function dataFolder(services: readonly Service[]): string {
  const folder = inHome('docker', 'data');
  mkdirSync(folder, { recursive: true });
  chmodSync(path.dirname(folder), 0o700);
  for (const service of services) {
    const own = path.join(folder, service);
    if (existsSync(own)) continue;
    mkdirSync(own);
    chmodSync(own, 0o777);
  }
  return folder;
}

/** Made once, and kept beside the data that knows it. */
function passwordOfPostgres(): string {
  const file = inHome('docker', 'password');
  if (existsSync(file)) return readFileSync(file, 'utf8');
  const password = randomBytes(18).toString('base64url');
  writeFileSync(file, password, { mode: 0o600 });
  return password;
}

/** Compose says what it did first, and what went wrong last. */
function lastLine(error: unknown): string {
  const lines = error instanceof Error ? error.message.trim().split('\n') : [];
  return firstLine(lines.at(-1) ?? error);
}
