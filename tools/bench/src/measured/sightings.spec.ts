import { describe, expect, it } from '@jest/globals';
import { accountOf, saleFields } from './payload.js';
import { Sightings } from './sightings.js';

describe('what a side handled', () => {
  const problemsOf = (seen: readonly [key: number, sequence: number][], expected = seen.length): string[] => {
    const sightings = new Sightings(3);
    for (const [key, sequence] of seen) sightings.see({ account: accountOf(key), sequence });
    return sightings.problems(expected);
  };

  it('is right when every account counts up from 0, whatever the others do', () => {
    expect(problemsOf([[0, 0], [1, 0], [0, 1], [2, 0], [2, 1], [0, 2]])).toEqual([]); // prettier-ignore
  });

  it('names a message that came twice', () => {
    expect(problemsOf([[0, 0], [0, 1], [0, 1]])).toEqual([expect.stringMatching(/^1 messages came again/)]); // prettier-ignore
  });

  it('names a message that is missing within its key', () => {
    expect(problemsOf([[0, 0], [0, 2]])).toEqual([expect.stringMatching(/^1 .* was missing/)]); // prettier-ignore
  });

  it('names both when two of a key change places', () => {
    expect(problemsOf([[0, 1], [0, 0]])).toHaveLength(2); // prettier-ignore
  });

  it('names a wrong count even where no key knows of it', () => {
    expect(problemsOf([[0, 0]], 2)).toEqual(['1 messages instead of 2']);
  });
});

describe('a message of the bench', () => {
  it('has 256 bytes, whatever its account and its number', () => {
    for (const [key, sequence] of [
      [0, 0],
      [1_199, 833],
      [7, 123_456],
    ] as const) {
      expect(Buffer.byteLength(JSON.stringify(saleFields(key, sequence)))).toBe(256);
    }
  });
});
