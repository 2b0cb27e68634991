import type { Price } from './price.js';

/** The prices as this replica knows them. Each replica keeps its own, and hears of each change. */
export class PriceList {
  private readonly prices = new Map<string, Price>();

  /** Takes a price, unless a newer one is known: changes can arrive late, twice, or after the list was loaded. */
  follow(price: Price): void {
    const known = this.prices.get(price.sku);
    if (!known || known.revision < price.revision) this.prices.set(price.sku, price);
  }

  priceOf(sku: string): Price | undefined {
    return this.prices.get(sku);
  }

  /** By name. */
  all(): Price[] {
    return [...this.prices.values()].sort((a, b) => a.sku.localeCompare(b.sku));
  }
}
