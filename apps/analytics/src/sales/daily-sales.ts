import type { Money } from '@fieldguide/contracts';
import type { Fields } from '@fieldguide/kafka';

/** One day of the shop, in UTC, by the time at which things happened and not by the time at which they were heard. */
export interface DailySales {
  /** `2026-11-25` */
  readonly day: string;
  /** Placed on that day. */
  readonly orders: number;
  /** Paid on that day, whenever they were placed. */
  readonly paid: number;
  readonly rejected: number;
  /** What was paid on that day, one sum for each currency. */
  readonly sums: readonly Fields<Money>[];
}

/** What was ever captured in one currency, in so many payments. */
export interface Takings extends Fields<Money> {
  readonly payments: number;
}
