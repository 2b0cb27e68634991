import { type HeardTopic, type HeardTopics, type KafkaHealth, SettingsError } from '@fieldguide/kafka';
import { Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { inWords } from './durations.js';
import type { OnceMethod } from './once-methods.js';

/** Beyond what is known: clocks differ, brokers delete late, services stand still. */
const MARGIN_MS = 3_600_000;

/** Says at the start where an event can come again after the inbox has forgotten it. */
export class RetentionCheck implements OnApplicationBootstrap {
  readonly #logger = new Logger('Inbox');

  /** @param retentionMs of inbox rows; Infinity: for ever */
  constructor(
    private readonly methods: () => readonly OnceMethod[],
    private readonly heard: HeardTopics,
    private readonly health: KafkaHealth,
    private readonly retentionMs: number,
  ) {}

  /** @throws SettingsError for `@Once()` that can't work */
  async onApplicationBootstrap(): Promise<void> {
    const methods = this.methods();
    if (methods.length === 0) return;
    const topics = await this.#topics();
    const pairs = methods.flatMap((method) => heardBy(method, topics).map((topic) => ({ method, topic })));
    for (const { method, topic } of pairs) {
      if (topic.delivery === 'every-replica') throw new SettingsError(inEachReplica(method, topic));
      const problem = this.#problem(method, topic);
      if (!problem) continue;
      this.#logger.warn(problem);
      this.health.waits(problem);
    }
  }

  async #topics(): Promise<readonly HeardTopic[]> {
    try {
      return await this.heard.list();
    } catch (error) {
      this.#logger.warn(`Whether the inbox keeps its rows for long enough is not known: ${(error as Error).message}`);
      return [];
    }
  }

  #problem({ name }: OnceMethod, { topic, keptMs, retriesMs }: HeardTopic): string | undefined {
    if (this.retentionMs === Infinity) return undefined;
    const neededMs = keptMs + retriesMs + MARGIN_MS;
    if (this.retentionMs >= neededMs) return undefined;
    const kept = inWords(this.retentionMs);
    if (keptMs === Infinity) {
      return `${name} has @Once(), and its inbox rows are kept for ${kept}, but ${topic} keeps its records for ever: what is read from its begin later is handled again. Set the inbox's retention to 'endless', or give the topic one.`;
    }
    return `${name} has @Once(), and its inbox rows are kept for ${kept}, but an event of ${topic} can come again for ${inWords(neededMs)} (retention, a segment, retries, 1h): set the inbox's retention to that at least, or shorten the topic's.`;
  }
}

/** A method that is no handler may be called by each of them that shares events. */
function heardBy({ method }: OnceMethod, topics: readonly HeardTopic[]): readonly HeardTopic[] {
  const own = topics.filter(({ handler }) => handler === method);
  return own.length > 0 ? own : topics.filter(({ delivery }) => delivery === 'one-replica');
}

const inEachReplica = ({ method }: OnceMethod, { topic }: HeardTopic): string =>
  `${method} has @Once(), and hears ${topic} in every replica: only the first of them would handle an event. Leave one out.`;
