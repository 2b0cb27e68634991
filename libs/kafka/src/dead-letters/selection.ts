import { SettingsError } from '../errors.js';
import { timeOf } from '../historical-messages/moment.js';
import type { Letter } from './letter.js';

/** Which dead letters are meant: all that every condition holds for. */
export type Selection = (letter: Letter) => boolean;

const FIELDS = ['topic', 'key', 'code', 'error', 'handler', 'id', 'since', 'until'] as const;

/**
 * @param conditions `field=value`: topic, key, code, error (class), handler, id as they are; since and until as a time
 * (2026-11-25T12:00:00Z) or as an age (90s, 15m, 6h, 2d)
 * @throws SettingsError naming what can't be understood
 */
export function selectionOf(conditions: readonly string[], now: number): Selection {
  const tests = conditions.map((condition) => testOf(condition, now));
  return (letter) => tests.every((test) => test(letter));
}

function testOf(condition: string, now: number): Selection {
  const [, name, value = ''] = /^(\w+)=(.*)$/s.exec(condition) ?? [];
  const field = FIELDS.find((known) => known === name);
  if (!field || value === '') {
    throw new SettingsError(`"${condition}" is no condition: ${FIELDS.map((known) => `${known}=…`).join(', ')}.`);
  }
  if (field === 'since' || field === 'until') {
    const time = timeOf(value, now);
    return ({ at }) => (field === 'since' ? at >= time : at < time);
  }
  return (letter) => letter[field] === value;
}
