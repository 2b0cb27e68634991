import { Event } from '@fieldguide/kafka/contract';
import { IsInt, Max, Min } from 'class-validator';
import { Money } from '../money.js';
import { IsOne } from '../nested.js';
import { IsSku } from '../sku.js';

/** An article has a new price, or is new in the price list. */
@Event('billing.price-list-changed.v1', {
  key: 'sku',
  example: { sku: 'tea', price: { cents: 495, currency: 'EUR' }, revision: 2 },
})
export class PriceListChanged {
  @IsSku()
  sku!: string;

  /** Of one piece. */
  @IsOne(() => Money)
  price!: Money;

  /** Counts the prices that this article has had: one with a lower revision is older, in whichever order they arrive. */
  @IsInt()
  @Min(1)
  @Max(Number.MAX_SAFE_INTEGER)
  revision!: number;
}
