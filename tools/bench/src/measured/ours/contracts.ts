import { Event } from '@fieldguide/kafka';
import { IsEmail, IsInt, IsString, Matches, MaxLength, Min } from 'class-validator';
import { saleFields } from '../payload.js';
import { readTask } from '../task.js';

const { topic, partitions } = readTask();
const contract = { key: 'account', example: { ...saleFields(0, 0) }, partitions } as const;

/** Nothing to validate. */
@Event(topic, contract)
export class Sale {
  account!: string;
  sequence!: number;
  customerEmail!: string;
  sku!: string;
  quantity!: number;
  note!: string;
}

@Event(topic, contract)
export class CheckedSale {
  @IsString() account!: string;
  @IsInt() @Min(0) sequence!: number;
  @IsEmail() customerEmail!: string;
  @Matches(/^[a-z0-9-]+$/) sku!: string;
  @IsInt() @Min(1) quantity!: number;
  @IsString() @MaxLength(256) note!: string;
}
