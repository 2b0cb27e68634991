import { BrokerAdmin, type KafkaConnection, ProducerSession, readTopic } from '../client/index.js';
import { SettingsError } from '../errors.js';
import { Coalescer, LIMITS } from '../publishing/coalescer.js';
import { RecordSender } from '../publishing/record-sender.js';
import { TopicDirectory } from '../publishing/topic-directory.js';
import { redrivenRecord } from '../retry-topics/retry-record.js';
import { retryDelaysIn } from '../retry-topics/retry-topic.js';
import { deadLetterTopic, settledTopic } from './dead-letter.js';
import { type Letter, readLetter, whyNotRedriven } from './letter.js';

/** What was done with a dead letter. */
export type Settlement = 'redriven' | 'discarded';

/** Those that could not be sent back, and why. */
export interface Refused {
  readonly letter: Letter;
  readonly reason: string;
}

/** One service's dead letters, for those who decide what becomes of them. */
export class LetterBox {
  readonly #admin: BrokerAdmin;
  readonly #sender: RecordSender;
  #redriveDelayMs: number | undefined;

  constructor(
    private readonly connection: KafkaConnection,
    readonly service: string,
  ) {
    this.#admin = new BrokerAdmin(connection);
    const limits = { ...LIMITS, timeoutMs: connection.settings.publishTimeoutMs };
    const coalescer = new Coalescer(() => ProducerSession.connect(connection), { resent: () => undefined }, limits);
    this.#sender = new RecordSender(new TopicDirectory(this.#admin), coalescer, limits);
  }

  /**
   * Those that nothing was decided on yet and `isMeant` takes, oldest first.
   * @throws SettingsError where there is no service of this name on the broker
   */
  async open(isMeant: (letter: Letter) => boolean): Promise<Letter[]> {
    const names = await this.#admin.topicNames();
    const topic = deadLetterTopic(this.service);
    if (!names.includes(topic)) throw new SettingsError(this.#noSuchService(names));
    const cluster = this.connection.cluster();
    try {
      const settled = new Set<string>();
      if (names.includes(settledTopic(this.service))) {
        await readTopic(cluster, settledTopic(this.service), ({ key }) => settled.add(key?.toString('utf8') ?? ''));
      }
      const letters: Letter[] = [];
      await readTopic(cluster, topic, (record) => {
        const letter = readLetter(record);
        if (!settled.has(letter.id) && isMeant(letter)) letters.push(letter);
      });
      return letters.sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1));
    } finally {
      await cluster.disconnect().catch(() => undefined);
    }
  }

  /** Why it can't be sent back; undefined where it can. */
  whyNotRedriven = (letter: Letter): string | undefined => whyNotRedriven(letter, this.service);

  /**
   * Sends it to the shortest stage of the service's retry path, and nowhere else; then notes that. Killed between the two it
   * is still open: sent back once more it has the same identity.
   * @throws SettingsError where the service has no retry topic; NotPublishedError, OutcomeUnknownError
   */
  async redrive(letter: Letter): Promise<void> {
    const delayMs = await this.#shortestStage();
    await this.#sender.send(redrivenRecord(letter.record, this.service, delayMs, letter.redrives + 1));
    await this.#settle(letter, 'redriven');
  }

  /** Notes that nothing is to be done about it. It stays where it is until its retention ends. */
  async discard(letter: Letter): Promise<void> {
    await this.#settle(letter, 'discarded');
  }

  async close(): Promise<void> {
    await this.#sender.close();
    await this.#admin.close();
  }

  async #settle({ id }: Letter, what: Settlement): Promise<void> {
    const value = Buffer.from(JSON.stringify({ what, at: new Date().toISOString() }));
    await this.#sender.send({ topic: settledTopic(this.service), key: Buffer.from(id), value, headers: {} });
  }

  async #shortestStage(): Promise<number> {
    if (this.#redriveDelayMs === undefined) {
      const [shortest] = retryDelaysIn(await this.#admin.topicNames(), this.service).sort((a, b) => a - b);
      if (shortest === undefined) {
        const what = `${this.service} has no retry topic, through which dead letters are sent back`;
        throw new SettingsError(`${what}: give it retryDelaysMs, or handle its events without keep-order.`);
      }
      this.#redriveDelayMs = shortest;
    }
    return this.#redriveDelayMs;
  }

  #noSuchService(names: readonly string[]): string {
    const known = names.filter((name) => name.endsWith('.dead-letters')).map((name) => name.slice(0, -13));
    const others = known.length > 0 ? `it has those of ${known.sort().join(', ')}` : 'it has none';
    return `The broker at ${this.connection.address} has no dead letters of a service "${this.service}": ${others}.`;
  }
}
