import { mistakeInDelays, RETRY_DELAYS } from '../retry-topics/retry-topic.js';

/** What becomes of an event whose handler fails, and trying again may help. */
export interface FailurePolicy {
  /** Pauses between the attempts in place, in ms; one attempt more than there are pauses. */
  readonly pausesMs: readonly number[];
  /** Delays of the retry topics that it goes through then, in ms, growing; none: it becomes a dead letter. */
  readonly delaysMs: readonly number[];
  /** Nothing of its partition may overtake it. */
  readonly keepsOrder: boolean;
}

/** What handlers and services may say of it. */
export interface FailureOptions {
  readonly delivery?: 'one-replica' | 'every-replica' | undefined;
  readonly onFailure?: 'keep-order' | undefined;
  readonly retryPausesMs?: readonly number[] | undefined;
  readonly retryDelaysMs?: readonly number[] | undefined;
}

/** Whether later events of the partition wait for it: a retry topic would let them overtake. */
export const keepsOrder = ({ delivery, onFailure }: FailureOptions): boolean =>
  onFailure === 'keep-order' || delivery === 'every-replica';

/** Delays of a handler's retry topics, in ms. */
export const delaysOf = (handler: FailureOptions, service: readonly number[] = RETRY_DELAYS): readonly number[] =>
  keepsOrder(handler) ? [] : (handler.retryDelaysMs ?? service);

/** What is wrong with a handler's options, as a sentence's end; undefined where nothing is. */
export function mistakeInPolicy(options: FailureOptions): string | undefined {
  const { retryPausesMs = [], retryDelaysMs = [] } = options;
  const wrong = retryPausesMs.find((pause) => !(pause >= 0 && pause <= LONGEST_TIMER));
  if (wrong !== undefined) return `retryPausesMs ${list(retryPausesMs)}: ${wrong} is in it; milliseconds are needed`;
  const mistake = mistakeInDelays(retryDelaysMs);
  if (mistake) return `retryDelaysMs ${list(retryDelaysMs)}: ${mistake}`;
  if (retryDelaysMs.length === 0 || !keepsOrder(options)) return undefined;
  const reason = options.onFailure ? `onFailure: '${options.onFailure}'` : `delivery: '${options.delivery}'`;
  return `retryDelaysMs and ${reason}, with which nothing goes through retry topics: leave one out`;
}

/** Node's, in ms: beyond, a timer fires at once. */
export const LONGEST_TIMER = 2_147_483_647;

const list = (values: readonly number[]): string => `[${values.join(', ')}]`;
