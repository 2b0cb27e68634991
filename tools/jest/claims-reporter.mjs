import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const ROOT = path.resolve(import.meta.dirname, '../..');
const FOLDER = path.join(process.env.FIELDGUIDE_HOME ?? path.join(ROOT, '.local'), 'claims');
const RUN = path.join(FOLDER, 'run.json');

/**
 * Puts together the facts that `claim()` leaves in `$FIELDGUIDE_CLAIMS` and what became of their specs: prints them, and
 * keeps them in `claims/run.json` of the home, of which `docs/the-article.md` is made.
 */
export default class ClaimsReporter {
  constructor({ testPathPatterns, testNamePattern }) {
    this.whole = testPathPatterns.patterns.length === 0 && !testNamePattern;
    // Before there are workers: they take the environment as it is then.
    process.env.FIELDGUIDE_CLAIMS = path.join(FOLDER, 'facts');
    rmSync(FOLDER, { recursive: true, force: true });
    mkdirSync(process.env.FIELDGUIDE_CLAIMS, { recursive: true });
  }

  onRunComplete(_contexts, { testResults }) {
    const claims = leftFacts()
      .map(({ title, file, ...facts }) => ({
        ...facts,
        file: path.relative(ROOT, file),
        shown: isShown(testResults, file, title),
      }))
      .sort(
        (one, other) =>
          rank(one) - rank(other) || one.file.localeCompare(other.file) || one.says.localeCompare(other.says),
      );
    writeFileSync(RUN, JSON.stringify({ whole: this.whole, claims }, null, 2));
    console.log(`\n${claims.map(line).join('\n')}`);
  }
}

/** Once each: a worker that died has left its own before the file was run again. */
function leftFacts() {
  const folder = process.env.FIELDGUIDE_CLAIMS;
  const texts = readdirSync(folder).map((name) => readFileSync(path.join(folder, name), 'utf8'));
  return [...new Set(texts)].map((text) => JSON.parse(text));
}

/** Only what has run and passed, all of it, shows anything. */
function isShown(results, file, title) {
  const specs = results
    .filter(({ testFilePath }) => testFilePath === file)
    .flatMap(({ testResults }) => testResults)
    .filter(({ ancestorTitles }) => ancestorTitles[0] === title);
  return specs.length > 0 && specs.every(({ status }) => status === 'passed');
}

const rank = ({ number = 1000 }) => number;

const line = ({ number = 'trap', verdict, says, shown }) =>
  `${shown ? '✓' : '✗'} ${String(number).padStart(4)}  ${verdict.padEnd(19)}  ${says}${shown ? '' : '  (not shown: its specs did not all run and pass)'}`;
