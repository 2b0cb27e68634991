import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Check } from './check.js';

/** What one run of jest has left (`tools/jest/counts-reporter.mjs`). */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** One per spec that failed, or per file that could not run: which, and the first lines of why. */
  readonly failures: readonly { readonly says: string; readonly lines: readonly string[] }[];
}

/**
 * What a whole test run has shown so far. What failed is kept, so that it stands together at the end of the run, where the
 * reader is, instead of twenty minutes of output above.
 */
export class Tally {
  passed = 0;
  failed = 0;
  readonly #failures: Check[] = [];

  add(check: Check): void {
    if (check.contradictions.length === 0) this.passed++;
    else this.#fail(check);
  }

  /**
   * Adds what the runners left in `folder`. Skipped specs count as failed, and so does a run of `command` that counted
   * nothing, or that ended with a `code` though every spec passed.
   */
  addCounts(folder: string, command: string, code: number): void {
    const files = readdirSync(folder).sort();
    const before = this.failed;
    for (const file of files) {
      const counts = JSON.parse(readFileSync(join(folder, file), 'utf8')) as Counts;
      this.passed += counts.passed;
      this.failed += counts.failed;
      for (const { says, lines } of counts.failures) this.#failures.push({ says, contradictions: lines });
      if (counts.skipped > 0)
        this.#fail(
          { says: `${file}: every spec runs`, contradictions: ['skipped: they show nothing'] },
          counts.skipped,
        );
    }
    if (files.length === 0 || (code !== 0 && this.failed === before))
      this.#fail({ says: command, contradictions: [`ended with ${code}, ${files.length} runners counted`] });
  }

  /** Ends with `N passed, N failed`; above it what failed, if anything has. */
  summary(): string {
    const failures = this.#failures.map(told);
    return [
      ...(failures.length > 0 ? ['\n── What failed ──', ...failures] : []),
      `\n${this.passed} passed, ${this.failed} failed`,
    ].join('\n');
  }

  #fail(check: Check, count = 1): void {
    this.failed += count;
    this.#failures.push(check);
  }
}

/** A check as a run prints it: a tick or a cross, and below it what contradicts. */
export function told({ says, contradictions }: Check): string {
  const mark = contradictions.length === 0 ? '✓' : '✗';
  return [`${mark} ${says}`, ...contradictions.map((contradiction) => `    ${contradiction}`)].join('\n');
}
