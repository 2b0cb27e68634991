import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { stripVTControlCharacters } from 'node:util';

/** A failure is told again at the very end of the run: enough lines to know it by, the rest stands where it happened. */
const LINES = 25;

/**
 * Leaves what a run counted in `$FIELDGUIDE_COUNTS`, one file a run, so that the whole test run can add them up and, at its
 * end, say again what failed.
 */
export default class CountsReporter {
  constructor(config) {
    this.rootDir = config.rootDir;
  }

  onRunComplete(_contexts, results) {
    const folder = process.env.FIELDGUIDE_COUNTS;
    if (!folder) return;
    mkdirSync(folder, { recursive: true });
    const counts = {
      passed: results.numPassedTests,
      failed: results.numFailedTests + results.numRuntimeErrorTestSuites,
      skipped: results.numPendingTests + results.numTodoTests,
      failures: results.testResults.flatMap(failuresOf),
    };
    const name = path.relative(process.cwd(), this.rootDir).replaceAll(path.sep, '-') || 'root';
    writeFileSync(path.join(folder, `${name}-${process.pid}.json`), JSON.stringify(counts));
  }
}

function failuresOf({ testFilePath, testResults, testExecError, failureMessage }) {
  const file = path.relative(process.cwd(), testFilePath);
  if (testExecError) return [{ says: `${file} could not run`, lines: firstLines(failureMessage) }];
  return testResults
    .filter(({ status }) => status === 'failed')
    .map(({ fullName, failureMessages }) => ({
      says: `${file}: ${fullName}`,
      lines: firstLines(failureMessages.join('\n')),
    }));
}

function firstLines(text) {
  return stripVTControlCharacters(text ?? '')
    .split('\n')
    .filter((line) => line.trim() !== '' && !/^ +at .*node_modules/.test(line))
    .slice(0, LINES);
}
