import { IsOne, IsSku } from '@fieldguide/contracts';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { Equals, IsInt, IsOptional, Max, Min } from 'class-validator';
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

export class ExpectedReplicas {
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(100)
  @ApiPropertyOptional({
    description: 'Answered as soon as so many have answered; otherwise after a second',
    maximum: 100,
  })
  expected?: number;
}

export class HeldRevision {
  @ApiProperty({ example: 'billing-2' })
  replica!: string;

  @ApiProperty({ example: 2 })
  revision!: number;
}

export class FailedReplica {
  @ApiProperty({ example: 'billing-3' })
  replica!: string;

  @ApiProperty({ example: 'UNKNOWN_SKU', description: 'It has not heard of the article, or could not answer' })
  code!: string;
}

export class ReplicasAnswer extends Article {
  @ApiProperty({ type: [HeldRevision], description: 'Those that answered in time, by name' })
  replicas!: HeldRevision[];

  @ApiProperty({ type: [FailedReplica] })
  failures!: FailedReplica[];
}
