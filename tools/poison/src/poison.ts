import type { Message } from 'kafkajs';
import type { Ending } from './ending.js';
import type { Way } from './sending/way.js';

/** A message as its service takes it, from which poison is made. */
export interface Good {
  /** Text, as services have it. */
  readonly key: string;
  /** An object that fulfils the contract. */
  readonly value: object;
  /** `ce_id` among them: what becomes of the record is found by it. */
  readonly headers: Readonly<Record<string, string | Buffer>>;
}

/** One kind of poison, and what becomes of it. */
export interface Poison {
  readonly name: string;
  /** The records, made from a good one; more than one where that is what is wrong. */
  readonly make: (good: Good) => Message[];
  /** How they are written. Default: `plain`. */
  readonly way?: Way;
  readonly here: Ending;
}

/**
 * What becomes of it on stock NestJS with a ValidationPipe. `handled-otherwise`: the handler got something else than what
 * was said · `blocks`: tried again for ever, nothing behind it is handled · `ends`: the consumer stops for good.
 */
export type StockEnding = 'handled' | 'handled-otherwise' | 'blocks' | 'ends' | 'nothing';

/** Poison for any topic, which stock NestJS was given as well. */
export interface ShownPoison extends Poison {
  readonly stock: StockEnding;
}

/** The record as it would be good. */
export const recordOf = ({ key, value, headers }: Good): Message => ({ key, value: json(value), headers });

export const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
