import { startOwnBroker } from '@fieldguide/infra';
import type { Cell } from './cells/cell.js';
import { CELLS } from './cells/index.js';
import { coresToUse, unpinned } from './run/cores.js';
import { Databases } from './run/databases.js';
import { profileCell } from './run/profile-cell.js';
import { runCell, type Surroundings } from './run/run-cell.js';
import { Topics } from './run/topics.js';
import { availableOpponents } from './run/opponents.js';
import { type Options, readOptions } from './options.js';
import { writePoliciesPage } from './results/policies-page.js';
import type { CellRuns } from './results/runs.js';
import { describeCell } from './results/table.js';
import { conditionsNow, writeResults } from './results/write.js';

const QUICK_DIVISOR = 40;

/** `npm run bench`: cell after cell, on a broker of its own; the table is printed, and kept in `docs/performance/`. */
try {
  await bench();
} catch (error) {
  console.error(`bench: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}

async function bench(): Promise<void> {
  const names = CELLS.map(({ name }) => name);
  const options = readOptions(process.argv.slice(2), names);
  // Nothing is measured in a quick run, and a busy machine must not end it.
  const cores = options.quick ? unpinned('Nothing is pinned: this is a quick run.') : await coresToUse();
  console.log(cores.told);
  const broker = await startOwnBroker({
    fullJit: !options.quick,
    ...(cores.broker === undefined ? {} : { core: cores.broker }),
  });
  const topics = await new Topics([broker.kafka]).connect();
  let databases: Databases | undefined;
  try {
    const divisor = options.quick ? QUICK_DIVISOR : 1;
    const { rounds } = options;
    const cells = availableOpponents(wanted(options), !options.quick, console.log);
    if (cells.some(({ database }) => database)) databases = await Databases.start(broker.kafka, cores.broker);
    const around = {
      brokers: [broker.kafka],
      topics,
      databases,
      core: cores.measured,
      rounds,
      divisor,
      say: console.log,
    };
    if (options.profile) for (const cell of cells) await profileCell(cell, around);
    else await measure(cells, around, options, `${cores.told} ${databases?.told ?? ''}`.trim());
  } finally {
    await databases?.close();
    await topics.close();
    await broker.remove();
  }
}

function wanted({ cells, profile }: Options): Cell[] {
  return CELLS.filter(({ name }) => (profile ? name === profile : cells.length === 0 || cells.includes(name)));
}

async function measure(cells: readonly Cell[], around: Surroundings, { quick }: Options, cores: string): Promise<void> {
  const conditions = conditionsNow(cores);
  const all: CellRuns[] = [];
  for (const cell of cells) {
    console.log(`\n${cell.name} …`);
    const runs = await runCell(cell, around);
    all.push(runs);
    if (!quick) console.log(`\n${describeCell(runs)}`);
  }
  if (quick)
    console.log('\nQuick: every cell ran and its counts are right; its numbers mean nothing, and none is kept.');
  else {
    writeResults(all, conditions);
    writePoliciesPage();
  }
}
