import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** Leaves what a run counted in `$FIELDGUIDE_COUNTS`, one file a run, so that the whole test run can add them up. */
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
    };
    const name = path.relative(process.cwd(), this.rootDir).replaceAll(path.sep, '-') || 'root';
    writeFileSync(path.join(folder, `${name}-${process.pid}.json`), JSON.stringify(counts));
  }
}
