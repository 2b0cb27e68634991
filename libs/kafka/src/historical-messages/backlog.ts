import type { Ends, Position } from '../client/index.js';

/** What was there at some moment, and is to be handled. */
export interface Backlog {
  /** Those with anything in them. */
  readonly topics: readonly string[];
  /** Where each partition ended. */
  readonly ends: readonly Ends[];
}

export function backlogOf(ends: readonly Ends[]): Backlog {
  const filled = ends.filter(({ low, high }) => low < high);
  return { topics: [...new Set(filled.map(({ topic }) => topic))], ends: filled };
}

/**
 * How much of it is left, in offsets. What was deleted unread is not there to be waited for, and neither is what a topic
 * held that was made anew since.
 * @param now where the partitions begin and end now
 * @param committed where the group stands; where it has no offset it begins at the beginning
 */
export function leftOf(backlog: Backlog, now: readonly Ends[], committed: readonly Position[]): number {
  const current = new Map(now.map((ends) => [nameOf(ends), ends]));
  const positions = new Map(committed.map((position) => [nameOf(position), position.offset]));
  return backlog.ends.reduce((sum, begun) => {
    const { low, high } = current.get(nameOf(begun)) ?? begun;
    const position = positions.get(nameOf(begun)) ?? low;
    // A group that stands beyond the end begins at the beginning again.
    const next = position > high ? low : position > low ? position : low;
    const end = begun.high < high ? begun.high : high;
    return sum + (next < end ? Number(end - next) : 0);
  }, 0);
}

/** Of a partition. */
export const nameOf = ({ topic, partition }: Pick<Position, 'topic' | 'partition'>): string => `${topic}/${partition}`;
