import { home } from './home.js';
import { InfraError } from './infra-error.js';
import type { DatabaseExtent } from './infrastructure/prepare.js';
import { connect, type Connection } from './keeper/connect.js';
import { type Message, type Question, send } from './keeper/protocol.js';
import { untilStopped } from './keeper/stop.js';
import { within } from './machine/until.js';
import { userVariables } from './parts/kafka/kafka-users.js';
import { environment } from './workspace.js';
import type { Choice } from './system.js';

/** A lease on Kafka, PostgreSQL and mail of this home: they run as long as anybody holds one. */
export interface Infra {
  /** Brokers, `host:port[,host:port]`. */
  readonly kafka: string;
  /** The mail server's page and API (maildev's, `GET /email`); '' where an external one has none. */
  readonly mailUrl: string;
  /** The database server, with a user who may create databases. */
  readonly databaseServerUrl: string;
  /** `KAFKA_BROKERS`, `SMTP_URL`, and `KAFKA_SSL` and `KAFKA_SASL_*` where they are set, or of the user `infra`. */
  readonly env: Record<string, string>;
  /** Whether the broker is one of ours that asks who one is, and what one may do (`KAFKA_SECURED=1`). */
  readonly secured: boolean;
  readonly choices: readonly Choice[];
  /** URL of the service's own database `fieldguide_<service>`, made where it is missing; `<SERVICE>_DATABASE_URL` overrides. */
  databaseUrl(service: string): Promise<string>;
  /** `KAFKA_SASL_*` of the user that a service is on a secured broker of ours; nothing on another. */
  userEnv(service: string): Record<string, string>;
  /** This process is ended (SIGTERM, after 3 s SIGKILL) when the lease is over, however it ends, unless it was disowned. */
  adopt(pid: number): void;
  disown(pid: number): void;
  /** Resolves when the adopted processes have ended. With the last lease infrastructure stops, within 15 s. */
  release(): Promise<void>;
}

export interface AcquireOptions {
  /** Who holds the lease: shown to others. */
  readonly name: string;
  /** Takes the lines of progress. */
  readonly say?: (line: string) => void;
  /** Called when infrastructure is lost under a lease that was not released: the keeper was killed. */
  readonly onLost?: (reason: string) => void;
  /** Where this lease starts the infrastructure. Default: for development, PostgreSQL without fsync on any core. */
  readonly database?: DatabaseExtent;
}

const ANSWER_WITHIN_MS = 90_000;
const RELEASE_WITHIN_MS = 10_000;

/** Finds or starts the infrastructure of this home. Rejects with an InfraError whose message is one sentence. */
export async function acquireInfra({ name, say = () => undefined, onLost, database }: AcquireOptions): Promise<Infra> {
  const extent = database && { database };
  const lease = new LeaseHolder(await connect({ home: home(), name, say, ...(extent && { extent }) }), say, onLost);
  const { facts } = lease.connection;
  return {
    kafka: facts.kafka,
    mailUrl: facts.mailUrl,
    databaseServerUrl: facts.databaseServer,
    env: facts.env,
    secured: facts.users !== undefined,
    userEnv: (service) => (facts.users ? userVariables(facts.users, service) : {}),
    choices: facts.choices,
    databaseUrl: async (service) => ownDatabase(service) ?? (await lease.ask({ what: 'database', service })),
    adopt: (pid) => lease.tell('adopt', pid),
    disown: (pid) => lease.tell('disown', pid),
    release: () => lease.release(),
  };
}

/** Resolves when nothing runs in this home any more; rejects where somebody still holds a lease after that time. */
export const infraStopped = (withinMs = 20_000): Promise<void> => untilStopped(home(), withinMs);

function ownDatabase(service: string): string | undefined {
  return environment()[`${service.toUpperCase().replaceAll('-', '_')}_DATABASE_URL`] || undefined;
}

/** The side of a lease that asks. The connection alone does not keep the process alive: a holder that ends gives back. */
export class LeaseHolder {
  private readonly pending = new Map<number, { resolve: (value: string) => void; reject: (error: Error) => void }>();
  private readonly over: Promise<void>;
  private questions = 0;
  private released: Promise<void> | undefined;

  constructor(
    readonly connection: Connection,
    say: (line: string) => void,
    onLost?: (reason: string) => void,
  ) {
    const { socket } = connection;
    connection.hear((message) => this.hear(message));
    this.over = new Promise((resolve) => socket.once('close', () => resolve()));
    void this.over.then(() => {
      const reason = 'The infrastructure is gone: its keeper has ended. Stop what uses it, and start again.';
      for (const { reject } of this.pending.values()) reject(new InfraError(reason));
      if (this.released) return;
      if (onLost) onLost(reason);
      else say(reason);
    });
    socket.unref();
  }

  ask(question: Question): Promise<string> {
    const id = ++this.questions;
    const answer = new Promise<string>((resolve, reject) => this.pending.set(id, { resolve, reject }));
    if (this.connection.socket.destroyed) return Promise.reject(new InfraError('The lease is over.'));
    send(this.connection.socket, { type: 'ask', id, question });
    return this.staying(answer, `An answer to ${JSON.stringify(question)}`, ANSWER_WITHIN_MS).finally(() =>
      this.pending.delete(id),
    );
  }

  tell(type: 'adopt' | 'disown', pid: number): void {
    send(this.connection.socket, { type, pid });
  }

  release(): Promise<void> {
    return (this.released ??= this.giveBack());
  }

  private async giveBack(): Promise<void> {
    send(this.connection.socket, { type: 'release' });
    await this.staying(this.over, 'The release', RELEASE_WITHIN_MS).finally(() => this.connection.socket.destroy());
  }

  private hear(message: Message): void {
    if (message.type !== 'answer') return;
    const waiting = this.pending.get(message.id);
    if (message.error === undefined) waiting?.resolve(message.value ?? '');
    else waiting?.reject(new InfraError(message.error));
  }

  /** Keeps the process alive while it waits, but not for ever. */
  private async staying<T>(answer: Promise<T>, what: string, withinMs: number): Promise<T> {
    this.connection.socket.ref();
    return within(what, withinMs, answer).finally(() => this.connection.socket.unref());
  }
}
