import type { Ending } from './ending.js';
import type { StockEnding } from './poison.js';
import { POISONS } from './poisons.js';

const STOCK: Readonly<Record<StockEnding, string>> = {
  handled: 'handled',
  'handled-otherwise': '**handled, with another value**',
  blocks: '**again and again, nothing behind it is handled**',
  ends: '**the consumer ends, for good**',
  nothing: 'nobody sees it',
};

const HERE: Readonly<Record<Ending['event'], string>> = {
  handled: 'handled',
  'dead-letter': 'dead letter',
  nothing: 'nobody sees it',
};

/** The rows of the page's table, in Markdown: what stock NestJS and our services make of each kind. */
export const poisonTable = (): string[] =>
  POISONS.map(({ name, stock, here }) => `| ${name} | ${STOCK[stock]} | ${HERE[here.event]} |`);
