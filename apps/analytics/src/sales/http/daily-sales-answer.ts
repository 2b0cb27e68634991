import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';

class Sum {
  @ApiProperty({ example: 184_000 })
  cents!: number;

  @ApiProperty({ example: 'EUR' })
  currency!: string;
}

export class DayAnswer {
  @ApiProperty({ example: '2026-11-25', description: 'In UTC' })
  day!: string;

  @ApiProperty({ description: 'Placed on that day' })
  orders!: number;

  @ApiProperty({ description: 'Paid on that day' })
  paid!: number;

  @ApiProperty({ description: 'Rejected on that day' })
  rejected!: number;

  @ApiProperty({ type: [Sum], description: 'What was paid on that day' })
  sums!: readonly Sum[];
}

class TakingsAnswer extends Sum {
  @ApiProperty({ description: 'How many' })
  payments!: number;
}

export class DailySalesAnswer {
  @ApiProperty({ description: 'Whether all that there was when this replica started is in the sums' })
  caughtUp!: boolean;

  @ApiPropertyOptional({ description: 'How much of it is left, in offsets' })
  left?: number;

  @ApiProperty({ type: [DayAnswer], description: 'The oldest first' })
  days!: readonly DayAnswer[];

  @ApiProperty({ type: [TakingsAnswer], description: 'What was ever captured: a running sum' })
  takings!: readonly TakingsAnswer[];
}
