import { describe, expect, it } from '@jest/globals';
import { answerOf } from './verdict.js';

describe('the answer of a run', () => {
  it('is yes where the shop kept its word under every fault', () => {
    expect(answerOf({ undone: [] }, { code: 0 })).toBe(0);
  });

  it('is unknown where a fault could not be done', () => {
    expect(answerOf({ undone: ['#3 kill orders-1: it does not run'] }, { code: 0 })).toBe(2);
  });

  it('is no where the shop broke its word, whatever could not be done', () => {
    expect(answerOf({ undone: ['#3 kill orders-1: it does not run'] }, { code: 1 })).toBe(1);
  });
});
