import { type BrokerAdmin, describeFailure, isPassing, type TopicFacts } from '../client/index.js';
import { NotPublishedError } from '../errors.js';

const MAX_MISSING = 1_000;

/** How many partitions the topics have that this service sends to, and how large a record they take. */
export class TopicDirectory {
  readonly #known = new Map<string, { facts: TopicFacts; at: number }>();
  readonly #missing = new Map<string, number>();
  readonly #asking = new Map<string, Promise<TopicFacts | undefined>>();

  constructor(
    private readonly admin: Pick<BrokerAdmin, 'topics'>,
    private readonly maxAgeMs = 30_000,
    private readonly reaskMs = 1_000,
  ) {}

  /** What is known already, without waiting; looked up again in the background when it is old. */
  known(topic: string): TopicFacts | undefined {
    const entry = this.#known.get(topic);
    if (entry && performance.now() - entry.at > this.maxAgeMs) {
      entry.at = performance.now(); // one question at a time
      void this.#ask(topic).catch(() => undefined); // what is known stays good enough until the broker answers
    }
    return entry?.facts;
  }

  /**
   * @throws NotPublishedError `UNKNOWN_TOPIC` where there is none, at once and asked for at most once a second, so that a
   * missing topic never holds up the messages of others; `BROKER_AWAY` where no broker answers
   */
  async find(topic: string): Promise<TopicFacts> {
    const known = this.known(topic);
    if (known) return known;
    const missingSince = this.#missing.get(topic);
    if (missingSince === undefined || performance.now() - missingSince > this.reaskMs) {
      const facts = await this.#ask(topic);
      if (facts) return facts;
    }
    throw new NotPublishedError('UNKNOWN_TOPIC', `Topic ${topic} does not exist, or this service may not see it.`);
  }

  /** Asks again before the next record. */
  forget(topic: string): void {
    this.#known.delete(topic);
  }

  #ask(topic: string): Promise<TopicFacts | undefined> {
    const asking = this.#asking.get(topic);
    if (asking) return asking;
    const question = this.#askBroker(topic).finally(() => this.#asking.delete(topic));
    this.#asking.set(topic, question);
    return question;
  }

  async #askBroker(topic: string): Promise<TopicFacts | undefined> {
    try {
      const facts = (await this.admin.topics([topic])).get(topic);
      if (facts) {
        this.#known.set(topic, { facts, at: performance.now() });
        this.#missing.delete(topic);
      } else {
        this.#known.delete(topic);
        this.#noteMissing(topic);
      }
      return facts;
    } catch (cause) {
      const reason = isPassing(cause) ? 'BROKER_AWAY' : 'REFUSED';
      throw new NotPublishedError(reason, `No broker says what topic ${topic} is like: ${describeFailure(cause)}`, {
        cause,
      });
    }
  }

  /** Names of topics come from foreign input, too: of the missing ones only the latest are kept. */
  #noteMissing(topic: string): void {
    this.#missing.delete(topic);
    this.#missing.set(topic, performance.now());
    const [oldest] = this.#missing.keys();
    if (this.#missing.size > MAX_MISSING && oldest !== undefined) this.#missing.delete(oldest);
  }
}
