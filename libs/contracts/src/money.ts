import { IsInt, Matches, Max, Min } from 'class-validator';

/** An amount of money, counted in the smallest unit of its currency: 1250 cents are 12.50 EUR. */
export class Money {
  @IsInt()
  @Min(0)
  @Max(Number.MAX_SAFE_INTEGER)
  cents!: number;

  /** Three capital letters, as in ISO 4217. */
  @Matches(/^[A-Z]{3}$/, { message: 'currency must be three capital letters, e.g. EUR' })
  currency!: string;
}
