#!/usr/bin/env node
import { connectShop, explain } from '@fieldguide/replicas';
import { check } from './judging/check.js';
import { OracleError } from './oracle-error.js';
import { options, USAGE } from './options.js';
import { readHistory } from './reading/read-history.js';
import { exitCodeOf } from './report.js';
import { inWords } from './telling/in-words.js';

/** `npm run check-shop`: 0 where the shop has kept its word, 1 where it has not, 2 where that is not known (yet). */
try {
  const { help, json, ...reading } = options(process.argv.slice(2));
  if (help) console.log(USAGE);
  else {
    const report = check(await readHistory(connectShop(), reading));
    console.log(json ? JSON.stringify(report, null, 2) : inWords(report));
    process.exitCode = exitCodeOf(report);
  }
} catch (error) {
  console.error(error instanceof OracleError ? error.message : explain(error));
  process.exitCode = 2;
}
