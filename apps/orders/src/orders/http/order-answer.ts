import { ErrorBody } from '@fieldguide/service-kit';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import type { Order, OrderStatus } from '../order.js';

class Total {
  @ApiProperty({ example: 990 })
  cents!: number;

  @ApiProperty({ example: 'EUR' })
  currency!: string;
}

export class OrderAnswer {
  @ApiProperty({ format: 'uuid' })
  orderId!: string;

  @ApiProperty({ enum: ['placed', 'paid', 'rejected'] })
  status!: OrderStatus;

  @ApiProperty()
  total!: Total;

  @ApiPropertyOptional({ description: 'Why it was rejected', example: 'card declined' })
  reason?: string;
}

export class UnfinishedOrderBody extends ErrorBody {
  @ApiPropertyOptional({ description: 'Where the order may be stored: the Idempotency-Key that finishes it' })
  idempotencyKey?: string;
}

/** What became of an order. */
export function answerOf({ id: orderId, status, total, reason }: Order): OrderAnswer {
  return { orderId, status, total, ...(reason !== undefined && { reason }) };
}

/** What the customer was told when the order was placed, however often the same is asked and whatever came after. */
export const acceptanceOf = ({ id: orderId, total }: Order): OrderAnswer => ({ orderId, status: 'placed', total });
