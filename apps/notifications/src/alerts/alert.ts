import type { DeadLetterReceived } from '@fieldguide/kafka';
import { redact } from '@fieldguide/service-kit';

/** What one repair cures, most likely. Empty is what the dead letter does not say. */
export interface Cause {
  /** Who gave up. */
  readonly service: string;
  readonly code: string;
  /** Where the messages came from first. */
  readonly topic: string;
}

/** What an operator may know of a dead letter: nothing of its value, and no mail address or card that stands elsewhere. */
export interface HeardDeadLetter extends Cause {
  /** `partition/offset` among the dead letters of its service. */
  readonly id: string;
  readonly at: Date;
  readonly handler: string;
  readonly attempts: number;
  readonly redrives: number;
  /** `partition 3, offset 17` of the origin. */
  readonly place: string;
  readonly key: string;
  readonly error: string;
}

/** What one mail tells: all dead letters of a cause that no mail has told before. */
export interface Alert {
  readonly first: HeardDeadLetter;
  readonly count: number;
  /** When the last of them became one. */
  readonly until: Date;
}

export function heard(letter: DeadLetterReceived): HeardDeadLetter {
  const { service, id, at, attempts, redrives, partition, offset, key } = letter;
  return {
    ...{ service, id, at, attempts, redrives },
    code: inOneLine(letter.code),
    topic: inOneLine(letter.topic),
    handler: inOneLine(letter.handler),
    place: `partition ${partition ?? 'unknown'}, offset ${offset ?? 'unknown'}`,
    key: inOneLine(key?.subarray(0, LONGEST_KEY).toString('utf8')),
    error: inOneLine(letter.message?.split('\n')[0]).slice(0, LONGEST_ERROR),
  };
}

const LONGEST_KEY = 100;
const LONGEST_ERROR = 300;

/** Words that others have written, as a log and a mail may show them. */
const inOneLine = (words = ''): string => redact(words.replace(/\p{Cc}+/gu, ' ').trim());

/** A group begins with the oldest dead letter that is there: nobody wants a mail about those of last month. */
export const isOldNews = ({ at }: Pick<DeadLetterReceived, 'at'>, now: Date): boolean =>
  now.getTime() - at.getTime() > OLD_NEWS_MS;

/** Longer than a night in which nobody could be told. */
export const OLD_NEWS_MS = 86_400_000;
