import { SettingsError } from '../errors.js';

const AGES: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/**
 * A time (`2026-11-25T12:00:00Z`) or an age (`90s`, `15m`, `6h`, `2d`) as milliseconds since 1970.
 * @param now what an age is counted from
 * @throws SettingsError for anything else
 */
export function timeOf(text: string, now: number): number {
  const [, count, unit = ''] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  // Date.parse takes "5" for May 2001.
  const time = count
    ? now - Number(count) * (AGES[unit] as number)
    : /^\d{4}-\d{2}-\d{2}/.test(text)
      ? Date.parse(text)
      : NaN;
  if (Number.isNaN(time)) {
    throw new SettingsError(`"${text}" is no time: 2026-11-25T12:00:00Z, or an age as 90s, 15m, 6h, 2d.`);
  }
  return time;
}

/** An offset or the number of a partition. */
export function wholeOf(name: string, text: string): bigint {
  if (/^\d{1,18}$/.test(text)) return BigInt(text);
  throw new SettingsError(`${name} is "${text}": a whole number from 0 is needed.`);
}
