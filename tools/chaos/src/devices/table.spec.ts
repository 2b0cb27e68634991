import { describe, expect, it } from '@jest/globals';
import type { Contradiction } from '@fieldguide/oracle';
import { isNeeded, type Row, table } from './table.js';

const kept = { verdict: 'kept', contradictions: [], unfinished: [] } as const;
const unfinished = { verdict: 'unfinished', contradictions: [], unfinished: ['The outbox is full.'] } as const;
const broken = {
  verdict: 'broken',
  contradictions: [
    { code: 'WRONG_SUM', sentence: 'The sum is wrong.' },
    { code: 'LOST', sentence: 'An order is lost.' },
  ] satisfies Contradiction[],
  unfinished: [],
} as const;

const rowOf = (parts: Pick<Row, 'with' | 'without'>): Row => ({
  name: 'inbox',
  device: { service: 'analytics', promise: 'each event is counted once', fault: 'events come again' },
  ...parts,
});

describe('the table of safety devices', () => {
  it('tells what the oracle says with a device, and its first contradiction without it', () => {
    expect(table([rowOf({ with: kept, without: broken })])).toBe(
      [
        '| device | taken out of | fault | with it | without it |',
        '| --- | --- | --- | --- | --- |',
        '| `inbox`: each event is counted once | analytics | events come again | kept | **WRONG_SUM** The sum is wrong. |',
      ].join('\n'),
    );
  });

  it('tells what is still under way where there is no judgement', () => {
    expect(table([rowOf({ with: unfinished, without: kept })])).toContain('| not known: The outbox is full. | kept |');
  });

  it('calls a device needed where the word is kept with it and not kept without it', () => {
    expect(isNeeded(rowOf({ with: kept, without: broken }))).toBe(true);
    expect(isNeeded(rowOf({ with: kept, without: kept }))).toBe(false);
    expect(isNeeded(rowOf({ with: kept, without: unfinished }))).toBe(false);
    expect(isNeeded(rowOf({ with: broken, without: broken }))).toBe(false);
    expect(isNeeded(rowOf({ with: unfinished, without: broken }))).toBe(false);
  });
});
