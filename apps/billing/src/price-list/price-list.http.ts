import { IsOne, IsSku } from '@fieldguide/contracts';
import { ApiProperty } from '@nestjs/swagger';
import { Equals, IsInt, Max, Min } from 'class-validator';
import { CURRENCY } from './price.js';

/** The price of one piece. */
export class PiecePrice {
  @IsInt()
  @Min(1)
  @Max(10_000_000)
  @ApiProperty({ example: 495, minimum: 1, maximum: 10_000_000 })
  cents!: number;

  @Equals(CURRENCY, { message: `currency must be ${CURRENCY}: the shop sells in one currency` })
  @ApiProperty({ enum: [CURRENCY] })
  currency!: string;
}

export class Article {
  @IsSku()
  @ApiProperty({ example: 'tea' })
  sku!: string;
}

export class ChangePrice {
  @IsOne(() => PiecePrice)
  @ApiProperty()
  price!: PiecePrice;
}

export class PriceAnswer extends Article {
  @ApiProperty()
  price!: PiecePrice;

  @ApiProperty({ example: 2, description: 'Counts the prices that this article has had' })
  revision!: number;
}

export class PriceListAnswer {
  @ApiProperty({ example: 'billing-2' })
  replica!: string;

  @ApiProperty({ type: [PriceAnswer] })
  prices!: PriceAnswer[];
}
