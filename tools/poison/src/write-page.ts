import { readFileSync, writeFileSync } from 'node:fs';
import { poisonTable } from './table.js';

const PAGE = 'docs/patterns/poison.md';

/** `npm run poison-page`: puts the list into the page, in place of the table that is there. */
const page = readFileSync(PAGE, 'utf8');
const table = /^\| poison .*\n(?:\|.*\n)+/m;
if (!table.test(page)) throw new Error(`${PAGE} has no table whose first column is called poison.`);
writeFileSync(
  PAGE,
  page.replace(table, () => `${poisonTable().join('\n')}\n`),
);
