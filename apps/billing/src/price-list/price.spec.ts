import { describe, expect, it } from '@jest/globals';
import { Quote } from '@fieldguide/contracts';
import { fulfil, RequestError } from '@fieldguide/kafka';
import { PriceList } from './price-list.js';
import { type Price, quote } from './price.js';

const price = (sku: string, cents: number, revision = 1): Price => ({
  sku,
  price: { cents, currency: 'EUR' },
  revision,
});
const listOf = (...prices: Price[]): PriceList => {
  const list = new PriceList();
  prices.forEach((entry) => list.follow(entry));
  return list;
};

describe('a quote', () => {
  const list = listOf(price('tea', 495), price('mug', 1_250));
  const ask = (...lines: { sku: string; quantity: number }[]) => quote(lines, (sku) => list.priceOf(sku));

  it('prices each line and all of them together, as the contract has it', () => {
    const quoted = ask({ sku: 'mug', quantity: 1 }, { sku: 'tea', quantity: 3 }, { sku: 'tea', quantity: 1 });

    expect(fulfil(Quote, quoted).total).toEqual({ cents: 3_230, currency: 'EUR' });
    expect(quoted.lines.map((line) => line.price.cents)).toEqual([1_250, 495, 495]);
  });

  it('is refused for an article that the list lacks, naming it', () => {
    const unknown = () => ask({ sku: 'tea', quantity: 1 }, { sku: 'moon', quantity: 1 });

    expect(unknown).toThrow(RequestError);
    expect(unknown).toThrow(
      expect.objectContaining({ code: 'UNKNOWN_SKU', message: expect.stringContaining('"moon"') }),
    );
  });
});

describe("a replica's price list", () => {
  it('keeps the newest price of each article, in whichever order they come', () => {
    const list = listOf(price('tea', 495, 1), price('tea', 550, 3), price('tea', 525, 2), price('mug', 1_250));

    expect(list.all()).toEqual([price('mug', 1_250), price('tea', 550, 3)]);
  });
});
