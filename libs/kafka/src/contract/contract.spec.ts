import { describe, expect, it } from '@jest/globals';
import { Type } from 'class-transformer';
import { ArrayNotEmpty, IsInt, IsString, IsUUID, ValidateNested } from 'class-validator';
import {
  contractOf,
  ContractDefinitionError,
  ContractViolationError,
  create,
  Event,
  fulfil,
  repliesWith,
  Request,
} from './index.js';

class Line {
  @IsString() sku!: string;
  @IsInt() quantity!: number;
}

const ORDER = { orderId: '7d0c4c2e-6a5a-4f0e-9a37-0b2ad4d1a5a0', lines: [{ sku: 'tea', quantity: 1 }] };

@Event('orders.order-placed.v1', { key: 'orderId', example: ORDER, retention: '30m' })
class OrderPlaced {
  @IsUUID() orderId!: string;
  @ArrayNotEmpty() @ValidateNested() @Type(() => Line) lines!: Line[];
}

class Quote {
  @IsInt() cents!: number;
}

@Request('billing.quote-price.v1', { reply: Quote, example: { lines: [] } })
class QuotePrice {
  declare readonly [repliesWith]: Quote;
  @ValidateNested() @Type(() => Line) lines!: Line[];
}

// The compiler refuses these; `tsc -b` fails if it ever accepts one.
// @ts-expect-error the key is no field
@Event('orders.a.v1', { key: 'nothing', example: { orderId: '1' } })
class KeyIsNoField {
  orderId!: string;
}
// @ts-expect-error the key is no string
@Event('orders.b.v1', { key: 'count', example: { count: 1 } })
class KeyIsNoString {
  count!: number;
}
// @ts-expect-error the example has another type
@Event('orders.c.v1', { key: 'orderId', example: { orderId: 1 } })
class ExampleOfAnotherType {
  orderId!: string;
}
// @ts-expect-error the reply is another one
@Request('billing.d.v1', { reply: Line, example: { lines: [] } })
class ReplyOfAnotherType {
  declare readonly [repliesWith]: Quote;
}

describe('a contract', () => {
  it('says its topic, owner, key, partitions and retention', () => {
    expect(contractOf(OrderPlaced)).toMatchObject({
      kind: 'event',
      topic: 'orders.order-placed.v1',
      owner: 'orders',
      version: 1,
      key: 'orderId',
      partitions: 6,
      retentionMs: 1_800_000,
    });
    expect(contractOf(QuotePrice)).toMatchObject({ kind: 'request', owner: 'billing', reply: Quote });
  });

  it.each(['OrderPlaced', 'orders.order-placed', 'orders.order-placed.v0', 'orders.replies.v1', 'a b.c.v1'])(
    'refuses the topic name %s',
    (topic) => {
      expect(() => Event(topic, { key: 'orderId', example: ORDER })(class extends OrderPlaced {})).toThrow(
        ContractDefinitionError,
      );
    },
  );

  it('takes a topic of any name that was there before, with its owner', () => {
    class Older extends OrderPlaced {}
    Event('Order_Created', { key: 'orderId', example: ORDER, owner: 'orders' })(Older);

    expect(contractOf(Older)).toMatchObject({ topic: 'Order_Created', owner: 'orders', version: 1 });
  });

  it.each([
    ['order created', 'orders', 'letters, digits'],
    ['..', 'orders', 'letters, digits'],
    ['order-created', 'Orders', '"Orders" is no service name'],
    ['orders.order-placed.v1', 'billing', 'tells its owner itself'],
    ['billing.dead-letters', 'billing', '"dead-letters" is reserved'],
  ])('refuses the older topic name %s of %s', (topic, owner, reason) => {
    const define = () => Event(topic, { key: 'orderId', example: ORDER, owner })(class extends OrderPlaced {});

    expect(define).toThrow(ContractDefinitionError);
    expect(define).toThrow(reason);
  });

  it.each([0, -1, 1.5, NaN])('refuses %p partitions', (partitions) => {
    expect(() =>
      Event('orders.a.v1', { key: 'orderId', example: ORDER, partitions })(class A extends OrderPlaced {}),
    ).toThrow(`A has ${partitions} partitions; a whole number above 0 is needed.`);
  });

  it('refuses a class that carries no contract, and a subclass of one that does', () => {
    expect(() => contractOf(Line)).toThrow('Line is no contract');
    expect(() => contractOf(class Later extends OrderPlaced {})).toThrow('Later is no contract');
  });

  it('makes nested classes of plain fields', () => {
    const placed = create(OrderPlaced, ORDER);

    expect(placed).toBeInstanceOf(OrderPlaced);
    expect(placed.lines[0]).toBeInstanceOf(Line);
  });

  it('compiles only with a key and an example of its own type', () => {
    expect([KeyIsNoField, KeyIsNoString, ExampleOfAnotherType, ReplyOfAnotherType]).toHaveLength(4);
  });
});

describe('a payload', () => {
  it('is read as an instance, without the fields that the contract does not know', () => {
    const read = fulfil(OrderPlaced, { ...ORDER, coupon: 'new', lines: [{ sku: 'tea', quantity: 1, gift: true }] });

    expect(read).toBeInstanceOf(OrderPlaced);
    expect(read).toEqual(ORDER);
  });

  it('is refused with each wrong field by its path', () => {
    const read = () => fulfil(OrderPlaced, { orderId: '1', lines: [{ sku: 7, quantity: 1.5 }] });

    expect(read).toThrow(ContractViolationError);
    try {
      read();
    } catch (error) {
      expect((error as ContractViolationError).violations.map((violation) => violation.field)).toEqual([
        'orderId',
        'lines.0.sku',
        'lines.0.quantity',
      ]);
    }
  });

  it.each([null, [], 'text', 5, undefined])('that is %p and no object is refused', (value) => {
    expect(() => fulfil(OrderPlaced, value)).toThrow(ContractViolationError);
  });

  it('cannot reach the prototype', () => {
    const read = fulfil(
      OrderPlaced,
      JSON.parse(`{"__proto__":{"admin":true},"orderId":"${ORDER.orderId}","lines":[{"sku":"tea","quantity":1}]}`),
    );

    expect((read as { admin?: boolean }).admin).toBeUndefined();
    expect(read).toBeInstanceOf(OrderPlaced);
  });
});
