import type { Ending } from './ending.js';
import type { ShownPoison, StockEnding } from './poison.js';
import { POISONS } from './poisons.js';

const STOCK: Readonly<Record<StockEnding, string>> = {
  handled: 'handled',
  'handled-otherwise': '**handled as something else**',
  blocks: '**blocks**',
  ends: '**ends the consumer**',
  nothing: 'nobody sees it',
};

const HERE: Readonly<Record<Ending['event'], string>> = {
  handled: 'handled',
  'dead-letter': 'dead letter',
  nothing: 'nobody sees it',
};

/** The page's table, line by line in Markdown: what stock NestJS and our services make of each kind. */
export const poisonTable = (): string[] => [
  '| poison | stock NestJS | here |',
  '| --- | --- | --- |',
  ...POISONS.map((poison) => `| ${nameOf(poison)} | ${STOCK[poison.stock]} | ${HERE[poison.here.event]} |`),
];

/** Underlines would make it bold. */
const nameOf = ({ name }: ShownPoison): string => name.replace(/__\w+__/g, '`$&`');
