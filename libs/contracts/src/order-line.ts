import { IsInt, Max, Min } from 'class-validator';
import { IsSku } from './sku.js';

/** How many pieces of which article. */
export class OrderLine {
  /** The article's name in billing's price list. */
  @IsSku()
  sku!: string;

  @IsInt()
  @Min(1)
  @Max(100)
  quantity!: number;
}

/** How many lines an order has, so that its event and its quote stay small. */
export const ORDER_LINES = { min: 1, max: 50 } as const;
