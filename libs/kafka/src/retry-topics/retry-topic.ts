/** Delays of a service's retry topics where nothing else is said, in ms. */
export const RETRY_DELAYS: readonly number[] = [1_000, 10_000, 60_000];

/** `billing.retry.10s`: one fixed delay for each topic, so the first record of a partition is always the first that is due. */
export const retryTopic = (service: string, delayMs: number): string => `${service}.retry.${delayName(delayMs)}`;

/** The group in which a service's replicas share its retries. */
export const retryGroup = (service: string): string => `${service}.retry`;

const UNITS = [
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
  ['ms', 1],
] as const;

/** `250ms`, `10s`, `1m`, `1h`: in the largest unit that says it exactly. */
export function delayName(delayMs: number): string {
  const [name, length] = UNITS.find(([, unit]) => delayMs % unit === 0) ?? ['ms', 1];
  return `${delayMs / length}${name}`;
}

/** Delays of those of a service's retry topics that are among these, in ms. */
export function retryDelaysIn(topics: readonly string[], service: string): number[] {
  return topics.flatMap((topic) => {
    const [, count, name] = /^(\d{1,9})(h|m|s|ms)$/.exec(topic.slice(`${service}.retry.`.length)) ?? [];
    const delayMs = Number(count) * (UNITS.find(([unit]) => unit === name)?.[1] ?? NaN);
    return retryTopic(service, delayMs) === topic && mistakeInDelays([delayMs]) === undefined ? [delayMs] : [];
  });
}

/** A week: what is not due for longer than a topic keeps it would be deleted unread. */
const LONGEST_DELAY = 7 * 86_400_000;

/** What is wrong with a list of delays, as a sentence's end; undefined where nothing is. */
export function mistakeInDelays(delaysMs: readonly number[]): string | undefined {
  const wrong = delaysMs.find((delay) => !(Number.isInteger(delay) && delay >= 1 && delay <= LONGEST_DELAY));
  if (wrong !== undefined) return `${wrong} is in it; whole milliseconds from 1 to ${LONGEST_DELAY} are needed`;
  const unsorted = delaysMs.some((delay, index) => index > 0 && delay <= (delaysMs[index - 1] as number));
  return unsorted ? 'each delay must be longer than the one before' : undefined;
}
