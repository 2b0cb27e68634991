import { describe, expect, it } from '@jest/globals';
import { readWish } from './wish.js';

describe('what is ordered', () => {
  it('is one tea, paid by a good card, where nothing is said', () => {
    expect(readWish([])).toEqual({
      wish: {
        lines: [{ sku: 'tea', quantity: 1 }],
        card: 'tok_visa',
        email: expect.stringMatching(/^customer-[0-9a-f]{8}@example\.org$/),
      },
      json: false,
      waitMs: 20_000,
    });
  });

  it('is several articles, each with the quantity that follows it', () => {
    const { wish } = readWish(['--sku', 'tea', '--sku', 'mug', '--quantity', '3', '--card=tok_declined']);

    expect(wish.lines).toEqual([
      { sku: 'tea', quantity: 1 },
      { sku: 'mug', quantity: 3 },
    ]);
    expect(wish.card).toBe('tok_declined');
  });

  it('is so many teas, where only a number is given', () => {
    expect(readWish(['--quantity', '4']).wish.lines).toEqual([{ sku: 'tea', quantity: 4 }]);
  });

  it.each([
    [['--price', '1'], /^Unknown option '--price'\. The options are --sku/],
    [['tea'], /^Unexpected argument 'tea'\. .*The options are --sku/],
    [['--sku'], /^Option '--sku <value>' argument missing\. The options are --sku/],
    [['--wait', 'long'], /^--wait takes whole seconds from 1 to 3600, not "long"\.$/],
    [['--quantity', '1.5'], /^--quantity takes a whole number from 1, not "1\.5"\.$/],
  ])('is refused in one sentence when it cannot be read: %j', (args, sentence) => {
    expect(() => readWish(args)).toThrow(sentence);
  });
});
