import { poisonTable } from '@fieldguide/poison';
import { readFileSync } from 'node:fs';
import type { Check } from './check.js';

const PAGE = 'docs/patterns/poison.md';

/** The page's table against the list that specs and claims read; however wide its columns are. */
export function checkPoison(): Check[] {
  const [table = ''] = /^\| poison .*\n(?:\|.*\n)+/m.exec(readFileSync(PAGE, 'utf8')) ?? [];
  const rows = table.split('\n').filter(Boolean).map(plain);
  const expected = poisonTable().map(plain);
  const contradictions = [
    ...expected.filter((row) => !rows.includes(row)).map((row) => `${PAGE} lacks ${row}: npm run poison-page`),
    ...rows.filter((row) => !expected.includes(row)).map((row) => `${PAGE} has ${row}, which is not in the list`),
  ];
  return [{ says: 'the table of poisons is what stock NestJS and our services were seen to do', contradictions }];
}

const plain = (row: string): string => row.replace(/-{3,}/g, '---').replace(/\s+/g, ' ').trim();
