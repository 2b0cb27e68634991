import { repliesWith, Request } from '@fieldguide/kafka/contract';
import { IsInt, Max, Min } from 'class-validator';
import { IsSku } from '../sku.js';

/** Which revision of an article's price a replica of billing holds. Who answers stands beside the reply. */
export class PriceRevision {
  /** As in `billing.price-list-changed.v1`. */
  @IsInt()
  @Min(1)
  @Max(Number.MAX_SAFE_INTEGER)
  revision!: number;
}

/** Asks every replica of billing which price of an article it knows. Fails with the code UNKNOWN_SKU where it knows none. */
@Request('billing.tell-price-revision.v1', { reply: PriceRevision, example: { sku: 'tea' } })
export class TellPriceRevision {
  declare readonly [repliesWith]: PriceRevision;

  @IsSku()
  sku!: string;
}
