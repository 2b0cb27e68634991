import { startOwnBroker } from '@fieldguide/infra';
import { CELLS } from './cells/index.js';
import { coresToUse } from './run/cores.js';
import { profileCell } from './run/profile-cell.js';
import { runCell, type Surroundings } from './run/run-cell.js';
import { Topics } from './run/topics.js';
import { availableOpponents } from './run/opponents.js';
import { readOptions } from './options.js';
import type { CellRuns } from './results/runs.js';
import { describeCell } from './results/table.js';
import { writeResults } from './results/write.js';

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
  const { cells, rounds, quick, profile } = readOptions(process.argv.slice(2), names);
  const cores = await coresToUse();
  console.log(cores.told);
  const broker = await startOwnBroker({ fullJit: true, ...(cores.broker === undefined ? {} : { core: cores.broker }) });
  const topics = await new Topics([broker.kafka]).connect();
  const divisor = quick ? QUICK_DIVISOR : 1;
  const around = { brokers: [broker.kafka], topics, core: cores.measured, rounds, divisor, say: console.log };
  try {
    const wanted = CELLS.filter(({ name }) =>
      profile ? name === profile : cells.length === 0 || cells.includes(name),
    );
    const available = availableOpponents(wanted, !quick, console.log);
    if (profile) for (const cell of available) await profileCell(cell, around);
    else await measure(available, around, quick, cores.told);
  } finally {
    await topics.close();
    await broker.remove();
  }
}

async function measure(
  cells: Parameters<typeof runCell>[0][],
  around: Surroundings,
  quick: boolean,
  cores: string,
): Promise<void> {
  const all: CellRuns[] = [];
  for (const cell of cells) {
    console.log(`\n${cell.name} …`);
    const runs = await runCell(cell, around);
    all.push(runs);
    console.log(`\n${describeCell(runs)}`);
  }
  if (quick)
    console.log('\nQuick: every cell ran and its counts are right; its numbers mean nothing, and none is kept.');
  else writeResults(all, cores);
}
