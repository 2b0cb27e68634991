import { SettingsError } from '../../errors.js';
import { deadLetterTopic } from '../dead-letter.js';

/** A handler of one service's dead letters. */
export interface DeadLetterReader {
  /** Whose. */
  readonly of: string;
  /** `Class.method`. */
  readonly name: string;
}

/** @throws SettingsError where a service reads its own, or twice those of another */
export function checkReaders(service: string, readers: readonly DeadLetterReader[]): void {
  const seen = new Map<string, string>();
  for (const { of, name } of readers) {
    if (of === service) {
      const what = `${name} handles the dead letters of ${service}, its own service`;
      throw new SettingsError(`${what}: what fails here is logged, counted and told to onDeadLetter.`);
    }
    const other = seen.get(of);
    if (other) throw new SettingsError(bothRead(other, name, of));
    seen.set(of, name);
  }
}

export const bothRead = (one: string, other: string, of: string): string =>
  `${one} and ${other} both handle the dead letters of ${of}: one handler for each service.`;

/** The topics that are read, and who creates them. */
export const topicsRead = (readers: readonly DeadLetterReader[]): { topic: string; owner: string }[] =>
  readers.map(({ of }) => ({ topic: deadLetterTopic(of), owner: of }));
