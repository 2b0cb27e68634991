import { policiesTable, tableOnPage } from '@fieldguide/bench';
import type { Check } from './check.js';

/** The figures of the page on errors and retries against those of the last bench, however wide the columns are. */
export function checkPolicies(): Check[] {
  const [page, measured] = [tableOnPage().map(plain), policiesTable().map(plain)];
  const stale = page.length !== measured.length || page.some((row, index) => row !== measured[index]);
  const contradiction = 'docs/patterns/errors-and-retries.md: its table is not that of docs/performance/results.json';
  return [
    { says: 'the policies side by side are as the bench measured them', contradictions: stale ? [contradiction] : [] },
  ];
}

const plain = (row: string): string => row.replace(/-{3,}/g, '---').replace(/\s+/g, ' ').trim();
