import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import type { RelayTold } from '../measured/ours/relay-replica.js';
import { accountOf, saleFields } from '../measured/payload.js';
import { headersOf } from '../measured/stored.js';
import type { Outcome, Task } from '../measured/task.js';
import { start } from './child.js';

const WITHIN_MS = 60_000;
const LOOK_EVERY_MS = 1;
const WRITE_EVERY_MS = 5;
const INSERT = 'insert into outbox (id, topic, key, value, headers) values ($1, $2, $3, $4, $5)';

/** Two replicas under a steady flow of events: the one that relays is killed, or frozen, and the other one goes on. */
export async function relayTakeOver(task: Task, core: number | undefined): Promise<Outcome> {
  const writer = await Writer.start(task);
  const first = await RelayReplica.start(task, core);
  let second: RelayReplica | undefined;
  try {
    await first.tells('relays');
    await first.tells('relayed');
    second = await RelayReplica.start(task, core);
    await second.tells('started');
    const at = first.signal(task.options['signal'] as NodeJS.Signals);
    const takeover = (await second.tells('relayed')) - at;
    return { metrics: { takeover }, problems: [] };
  } finally {
    first.signal('SIGKILL');
    second?.signal('SIGKILL');
    await writer.stop();
  }
}

class RelayReplica {
  readonly #told: RelayTold[] = [];

  private constructor(private readonly child: Awaited<ReturnType<typeof start>>) {
    child.on('message', (told) => this.#told.push(told as RelayTold));
  }

  static async start(task: Task, core: number | undefined): Promise<RelayReplica> {
    return new RelayReplica(await start(task, core));
  }

  /** Resolves with when it first did. */
  async tells(what: RelayTold['what']): Promise<number> {
    const deadline = Date.now() + WITHIN_MS;
    for (;;) {
      const told = this.#told.find((one) => one.what === what);
      if (told) return told.at;
      if (Date.now() > deadline) throw new Error(`Waited in vain until a replica ${what}.`);
      await pause(LOOK_EVERY_MS);
    }
  }

  /** Resolves with when it was sent. */
  signal(name: NodeJS.Signals): number {
    const at = Date.now();
    this.child.kill(name);
    return at;
  }
}

/** Stores events, as a third replica would. */
class Writer {
  #running = true;
  #ended: Promise<void> = Promise.resolve();

  private constructor(
    private readonly client: pg.Client,
    private readonly task: Task,
  ) {}

  static async start(task: Task): Promise<Writer> {
    const client = new pg.Client({ connectionString: task.databaseUrl });
    await client.connect();
    const writer = new Writer(client, task);
    writer.#ended = writer.#run();
    return writer;
  }

  async stop(): Promise<void> {
    this.#running = false;
    await this.#ended.finally(() => this.client.end());
  }

  async #run(): Promise<void> {
    const { topic, service } = this.task;
    for (let number = 0; this.#running; number++) {
      const id = `${service}-${number}`;
      const values = [id, topic, accountOf(0), saleFields(0, number), headersOf(id, topic, service)];
      await this.client.query(INSERT, values);
      await this.client.query('notify fieldguide_outbox');
      await pause(WRITE_EVERY_MS);
    }
  }
}
