import { Logger } from '@nestjs/common';
import type { ConsumedRecord } from '../client/index.js';
import { TimeLimitError } from '../errors.js';
import type { LaneControl } from '../handling/lane-control.js';
import { Passed } from '../handling/lane-queue.js';
import type { KafkaHealth } from '../health/kafka-health.js';
import { type Breaker, causeOf, type Outage } from './breaker.js';
import { textOf, type Verdict } from '../errors-and-retries/classify.js';

/** Pauses of a lane that waits for a dependency, in ms: probes are at most 5 s apart. */
const PROBES = [200, 500, 1_000, 2_000, 5_000];

/** What becomes of an event that failed. */
export type Next = 'again' | 'later' | 'give-up' | 'interrupted';

/** What decides about an event that failed. */
export interface Failed {
  readonly record: ConsumedRecord;
  readonly lane: LaneControl;
  readonly breaker: Breaker;
  /** Of the handler. */
  readonly name: string;
  /** Between its attempts in place, in ms. */
  readonly pausesMs: readonly number[];
  /** Nothing of its partition may overtake it. */
  readonly keepsOrder: boolean;
  /** It comes from a retry topic: its lane is not that of its partition, and what it fails of is known. */
  readonly isRetry: boolean;
}

/** How long one event is tried again in place, and waited for what it lacks. */
export class Patience {
  readonly #logger = new Logger('Kafka');
  readonly #passed = new Passed();
  #failures = 0;
  #probes = 0;
  #outage: Outage | undefined;
  #wokenInVain = false;
  #recovered: (() => void) | undefined;
  #release: (() => void) | undefined;

  constructor(
    private readonly failed: Failed,
    private readonly health: KafkaHealth,
    private readonly verdictOn: (error: Error) => Verdict,
  ) {
    this.#passed.add(failed.record);
  }

  /** Resolves when it is time for it. */
  async next(error: Error, attempt: number): Promise<Next> {
    if (this.failed.lane.lost.aborted) return 'interrupted';
    const verdict = this.verdictOn(error);
    if (verdict === 'give-up') return 'give-up';
    // An attempt in place would run beside it.
    if (error instanceof TimeLimitError && error.abandoned) return 'later';
    const { breaker, isRetry } = this.failed;
    const cause = causeOf(error);
    if (verdict === 'wait-for-dependency') return this.#wait(breaker.isDown(cause), error, attempt);
    const outage = isRetry ? breaker.explains(cause) : breaker.failed(this.#id, cause);
    if (outage) return this.#wait(outage, error, attempt);
    this.end();
    return this.#inPlace(error, attempt);
  }

  /** It is handled, or waits for nothing any more. */
  end(): void {
    this.#recovered?.();
    this.#recovered = undefined;
    this.#release?.();
    this.#release = undefined;
  }

  get #id(): string {
    const { topic, partition, offset } = this.failed.record;
    return `${topic}/${partition}/${offset}`;
  }

  async #inPlace(error: Error, attempt: number): Promise<Next> {
    const pauseMs = this.failed.pausesMs[this.#failures++];
    return pauseMs === undefined ? this.#exhausted(error, attempt) : this.#pause(pauseMs, error, attempt);
  }

  async #exhausted(error: Error, attempt: number): Promise<Next> {
    const { breaker, isRetry, keepsOrder, lane } = this.failed;
    const cause = causeOf(error);
    for (;;) {
      const judgement = isRetry ? 'own' : breaker.judge(this.#id, cause);
      if (typeof judgement === 'object') return this.#wait(judgement, error, attempt);
      if (judgement === 'own') return 'later';
      if (!keepsOrder && (await lane.tryAnother(this.#passed))) continue;
      // A moment more tells bad messages side by side from an outage.
      const { youthLeftMs, over } = breaker.trouble ?? {};
      const isFree = await lane.pause(judgement === 'unknown' ? (youthLeftMs ?? 0) : 0, over);
      // A frozen lane has no other to try, which says nothing.
      if (!isFree) return 'interrupted';
      if (judgement === 'alone') return 'later';
    }
  }

  /** The whole lane waits, and one of its records asks from time to time. */
  async #wait(outage: Outage, error: Error, attempt: number): Promise<Next> {
    const { record, breaker, lane, isRetry, keepsOrder } = this.failed;
    this.#failures = 0;
    if (outage !== this.#outage) {
      // Others got through, and this one did not: from now on it asks by the clock alone.
      this.#wokenInVain = this.#outage !== undefined && !outage.isGuess;
      if (!this.#wokenInVain) this.#probes = 0;
    }
    this.#outage = outage;
    this.#recovered ??= this.health.waits(`${record.topic} waits: ${reasonOf(outage, error)}`);
    if (!isRetry && !this.#release) {
      this.#release = lane.hold();
      if (!this.#release) return (await lane.released()) ? 'again' : 'interrupted';
    }
    const cause = causeOf(error);
    // This one may be what is wrong: does another get through?
    if (!isRetry && !keepsOrder && breaker.isUnsure(cause)) await lane.tryAnother(this.#passed);
    if (outage.isDoubtful) breaker.doubt(cause);
    // A rebalance may have come while another was tried.
    if (outage.over.aborted) return (await lane.pause(0)) ? 'again' : 'interrupted';
    const pauseMs = PROBES[Math.min(this.#probes++, PROBES.length - 1)] as number;
    return this.#pause(pauseMs, error, attempt, this.#wokenInVain ? undefined : outage.over);
  }

  async #pause(ms: number, error: Error, attempt: number, wake?: AbortSignal): Promise<Next> {
    this.#logger.warn(`${this.failed.name} failed at attempt ${attempt}, again in ${ms} ms: ${textOf(error.message)}`);
    return (await this.failed.lane.pause(ms, wake)) ? 'again' : 'interrupted';
  }
}

const reasonOf = ({ isGuess }: Outage, error: Error): string =>
  `${isGuess ? 'messages fail alike, and none gets through: ' : ''}${textOf(error.message)}`;
