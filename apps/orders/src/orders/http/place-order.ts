import { IsCardToken, IsCustomerEmail, IsListOf, ORDER_LINES, OrderLine } from '@fieldguide/contracts';
import { ApiProperty } from '@nestjs/swagger';

/** The body of `POST /orders`. */
export class PlaceOrder {
  @IsCustomerEmail()
  @ApiProperty({ format: 'email', example: 'ada@customers.example' })
  customerEmail!: string;

  @IsCardToken()
  @ApiProperty({
    example: 'tok_visa',
    description: 'A token of the payment provider, as a browser gets it: never a card number',
  })
  card!: string;

  @IsListOf(() => OrderLine, ORDER_LINES)
  @ApiProperty({
    type: 'array',
    minItems: ORDER_LINES.min,
    maxItems: ORDER_LINES.max,
    items: {
      type: 'object',
      required: ['sku', 'quantity'],
      properties: {
        sku: { type: 'string', example: 'tea' },
        quantity: { type: 'integer', minimum: 1, maximum: 100, example: 2 },
      },
    },
  })
  lines!: OrderLine[];
}
