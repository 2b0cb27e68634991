import { SettingsError } from '@fieldguide/kafka';
import { type Retention, retentionMs } from '@fieldguide/kafka/contract';

/** How long inbox rows are kept: `16d`, `36h`, or `endless`. */
export type InboxRetentionTime = Exclude<Retention, 'forever'> | 'endless';

/** In ms; Infinity for `endless`. @throws SettingsError where it is neither */
export function keptMs(retention: InboxRetentionTime): number {
  if (retention === 'endless') return Infinity;
  try {
    return retentionMs(retention);
  } catch (cause) {
    const expected = 'expected e.g. 36h, 16d or endless';
    throw new SettingsError(`The inbox's retention is "${String(retention)}": ${expected}.`, { cause });
  }
}

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
] as const;

/** Rounded up to two units: `14d 2h`. */
export function inWords(ms: number): string {
  let left = ms;
  const parts: string[] = [];
  for (const [unit, unitMs] of UNITS) {
    const count = Math.floor(left / unitMs);
    left -= count * unitMs;
    if (count > 0 && parts.length < 2) parts.push(`${count}${unit}`);
  }
  return parts.join(' ') || `${ms}ms`;
}
