import { setTimeout as sleep } from 'node:timers/promises';
import type { TopicFacts } from '../client/index.js';
import { NotPublishedError } from '../errors.js';
import { brokerAway, type CoalescerLimits, outcomeUnknown, queueFull, roomOf } from './coalescer.js';
import type { TopicDirectory } from './topic-directory.js';

interface Call {
  readonly go: (facts: TopicFacts) => void;
  readonly fail: (error: unknown) => void;
}

/** Calls that wait until their topic is known: they go on in one go, in their order, or fail in their time. */
export class UnknownTopics {
  readonly #waiting = new Map<string, Set<Call>>();
  readonly #answers = new Set<Promise<number>>();
  #bytes = 0;

  constructor(
    private readonly topics: Pick<TopicDirectory, 'find'>,
    private readonly limits: Pick<CoalescerLimits, 'timeoutMs' | 'queueBytes'>,
  ) {}

  /** While it has, a later call must not overtake them. */
  has(topic: string): boolean {
    return this.#waiting.has(topic);
  }

  /**
   * @param size what waits, in bytes
   * @param send called once the topic is known, without a wait
   */
  wait(topic: string, size: number, send: (facts: TopicFacts) => Promise<number>): Promise<number> {
    const { timeoutMs, queueBytes } = this.limits;
    const room = roomOf(size);
    if (this.#bytes + room > queueBytes) return Promise.reject(queueFull(topic, queueBytes));
    this.#bytes += room;
    let late: NodeJS.Timeout | undefined;
    const answer = new Promise<number>((resolve, reject) => {
      const call: Call = { go: (facts) => void send(facts).then(resolve, reject), fail: reject };
      late = setTimeout(() => this.#giveUp(topic, call), timeoutMs);
      this.#add(topic, call);
    }).finally(() => {
      clearTimeout(late);
      this.#bytes -= room;
      this.#answers.delete(answer);
    });
    this.#answers.add(answer);
    return answer;
  }

  /** Resolves when every call has its answer. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#answers);
  }

  #add(topic: string, call: Call): void {
    const waiting = this.#waiting.get(topic);
    if (waiting) return void waiting.add(call);
    this.#waiting.set(topic, new Set([call]));
    void this.#lookUp(topic);
  }

  /** Asks as long as somebody waits. A question may hang for longer than that: calls are given up beside it. */
  async #lookUp(topic: string): Promise<void> {
    for (let pauseMs = 50; this.#waiting.get(topic)?.size; pauseMs = Math.min(pauseMs * 2, 1_000)) {
      try {
        const facts = await this.topics.find(topic);
        return this.#release(topic, (call) => call.go(facts));
      } catch (error) {
        const away = error instanceof NotPublishedError && error.reason === 'BROKER_AWAY';
        if (!away) return this.#release(topic, (call) => call.fail(error));
      }
      await sleep(pauseMs);
    }
    this.#waiting.delete(topic);
  }

  #release(topic: string, each: (call: Call) => void): void {
    const calls = this.#waiting.get(topic);
    this.#waiting.delete(topic);
    calls?.forEach(each);
  }

  #giveUp(topic: string, call: Call): void {
    const { timeoutMs } = this.limits;
    const neverSent = this.#waiting.get(topic)?.delete(call);
    call.fail(neverSent ? brokerAway(topic, timeoutMs) : outcomeUnknown(topic, timeoutMs));
  }
}
