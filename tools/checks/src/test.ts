import { acquireInfra, isCluster, isSecured } from '@fieldguide/infra';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { checkMonitoring } from './monitoring.js';
import { checkArticle } from './article/check.js';
import { checkBoundaries } from './boundaries.js';
import type { Check } from './check.js';
import { checkContracts } from './contracts-table.js';
import { checkDocuments } from './documents.js';
import { checkApiDocs } from './library/api-docs.js';
import { checkSettings } from './library/settings-table.js';
import { checkOutboxTables } from './outbox-tables.js';
import { checkPolicies } from './policies-table.js';
import { checkPoison } from './poison-table.js';
import { checkPageCommands } from './pages/check.js';
import { checkSlugs } from './pages/slugs.js';
import { runCommand } from './run-command.js';
import { checkSnippets } from './snippets/check.js';
import { Tally, told } from './tally.js';

/**
 * `npm test`: everything, on one start of the infrastructure, in a home of its own (`.local/test`), so that it does not
 * touch a shop that runs. Ends with a line `N passed, N failed`, above it what failed.
 */
const HOME = join(process.cwd(), '.local', 'test');
const COUNTS = join(HOME, 'counts');
process.env['FIELDGUIDE_HOME'] = HOME;
const externalToo = process.argv.includes('--external-too');
if (externalToo) process.env['FIELDGUIDE_EXTERNAL_TOO'] = '1';

const tally = new Tally();
await test();
console.log(tally.summary());
process.exitCode = tally.failed > 0 ? 1 : 0;

async function test(): Promise<void> {
  const { KAFKA_SECURED, KAFKA_NODES } = process.env;
  const way = 'specs that need others start their own (npm run e2e runs with it)';
  const set = [
    ...(isSecured(KAFKA_SECURED) ? ['KAFKA_SECURED'] : []),
    ...(isCluster(KAFKA_NODES) ? ['KAFKA_NODES'] : []),
  ];
  if (set.length > 0)
    return tell({ says: 'npm test runs on one open broker', contradictions: [`unset ${set.join(' and ')}: ${way}`] });
  heading('Types, lint, format, boundaries, documents');
  if (!(await step('every project compiles', 'nx', ['run-many', '-t', 'build']))) return;
  await step('project references are in sync', 'nx', ['sync:check']);
  // It takes one core, for longer than the others together.
  const linting = step('lint has nothing to say', 'nx', ['lint']);
  // Not `nx format`: that is a command of Nx itself, which has nothing to say here.
  await step('every file is formatted', 'nx', ['run', 'system:format']);
  for (const check of [
    ...(await checkBoundaries()),
    ...(await checkDocuments()),
    ...(await checkSlugs()),
    ...(await checkSnippets()),
    ...(await checkPageCommands()),
    ...(await checkContracts()),
    ...(await checkMonitoring()),
    ...checkApiDocs(),
    ...checkSettings(),
    ...checkPolicies(),
    ...checkOutboxTables(),
    ...checkPoison(),
  ])
    tell(check);
  await linting;

  heading('Specs that need nothing');
  await specs(['run-many', '-t', 'test', '--skip-nx-cache']);

  heading('Specs on the real broker');
  // What an earlier run left is no part of this one.
  const reset = ['tools/infra/dist/cli.js', 'reset', ...(externalToo ? ['--external-too'] : [])];
  if (!(await step('the home of the tests is empty', 'node', reset))) return;
  const infra = await acquireInfra({ name: 'npm test', say: (line) => console.log(line) }).catch(noInfra);
  if (!infra) return;
  try {
    // Much of each is waiting, for a session to end or a process to start: two at a time, on two cores.
    await specs(['run-many', '-t', 'broker-test', '--exclude=system', '--parallel=2']);
    heading('The whole shop, and claims about stock NestJS beside it');
    await specs(['run-many', '-t', 'e2e', 'claims', '--exclude=system', '--parallel=2']);
    tell(await checkArticle());
  } finally {
    await infra.release();
  }
}

/** One sentence, and no trace. */
function noInfra(error: unknown): undefined {
  tell({ says: 'Kafka, PostgreSQL and mail are there', contradictions: [(error as Error).message] });
}

function heading(text: string): void {
  console.log(`\n── ${text} ──`);
}

async function step(says: string, command: string, args: readonly string[]): Promise<boolean> {
  const code = await runCommand(command, args);
  tell({ says, contradictions: code === 0 ? [] : [`${command} ${args.join(' ')} ended with ${code}`] });
  return code === 0;
}

function tell(check: Check): void {
  console.log(told(check));
  tally.add(check);
}

/** Runs specs, and adds up what the runners left. */
async function specs(nx: readonly string[]): Promise<void> {
  rmSync(COUNTS, { recursive: true, force: true });
  mkdirSync(COUNTS, { recursive: true });
  const args = [...nx, '--output-style=stream', '--nx-bail=false'];
  const code = await runCommand('nx', args, { FIELDGUIDE_COUNTS: COUNTS });
  tally.addCounts(COUNTS, `nx ${nx.join(' ')}`, code);
}
