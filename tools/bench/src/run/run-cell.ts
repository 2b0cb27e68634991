import { randomBytes } from 'node:crypto';
import type { Cell, Side } from '../cells/cell.js';
import type { Outcome, Task } from '../measured/task.js';
import type { CellRuns, SideRun } from '../results/runs.js';
import { aftermath } from './aftermath.js';
import { run } from './child.js';
import type { Databases } from './databases.js';
import { handOver } from './hand-over.js';
import { fillOutbox } from './outbox-rows.js';
import { relayTakeOver } from './relay-take-over.js';
import { alternate } from './schedule.js';
import type { Topics } from './topics.js';

export interface Surroundings {
  readonly brokers: readonly string[];
  readonly topics: Topics;
  /** Undefined where no cell needs one. */
  readonly databases: Databases | undefined;
  /** The core of the measured process; undefined where nothing is pinned. */
  readonly core: number | undefined;
  readonly rounds: number;
  /** Sizes are divided by it; above 1 each side runs once. */
  readonly divisor: number;
  readonly say: (line: string) => void;
}

/** A B B A, each a fresh process and a fresh topic. Throws where a side lost, doubled or mixed up messages. */
export async function runCell(cell: Cell, around: Surroundings): Promise<CellRuns> {
  const runs: SideRun[] = [];
  const quick = around.divisor > 1;
  const sides = cell.sides.filter(({ slow }) => !(slow && quick));
  for (const { item: side, half } of alternate(sides, quick ? 'half' : (cell.rounds ?? around.rounds))) {
    const { metrics } = await runSide(cell, side, around);
    runs.push({ side: side.name, half, metrics });
    around.say(`  ${side.name}: ${cell.metrics.map(({ name, unit }) => `${short(metrics[name])} ${unit}`).join(', ')}`);
  }
  return { cell, runs };
}

export async function runSide(cell: Cell, side: Side, around: Surroundings, profile?: string): Promise<Outcome> {
  const task = await withDatabase(cell, side, around, taskOf(cell, side, around, profile));
  const { topics } = around;
  const copy = task.topic.replace('.sale.', '.booking.');
  const names = [task.topic, copy, `${task.topic}.reply`];
  const total = task.warmUp + task.measured;
  await topics.create(names, cell.partitions);
  const topic = side.topic ?? cell.topic;
  const preloaded = topic === 'preload' || topic === 'through';
  if (preloaded) await topics.fill(task.topic, cell.keys, total);
  const outcome = await (cell.story ? STORIES[cell.story] : run)(task, around.core);
  const out = topic === 'through' ? copy : topic === 'readBack' ? task.topic : undefined;
  const written = out ? await topics.problemsIn(out, cell.keys, total) : [];
  const problems = [...outcome.problems, ...written];
  if (problems.length > 0) throw new Error(`${cell.name}, ${side.name}: ${problems.join('; ')}.`);
  const left = cell.aftermath ? await aftermath(task, topics) : {};
  await topics.remove(names);
  if (task.databaseUrl) await around.databases?.drop(task.databaseUrl);
  return { ...outcome, metrics: { ...outcome.metrics, ...left } };
}

const STORIES = { 'hand-over': handOver, 'relay-take-over': relayTakeOver };

async function withDatabase(cell: Cell, side: Side, { databases }: Surroundings, task: Task): Promise<Task> {
  const database = side.database ?? cell.database;
  if (!database) return task;
  if (!databases) throw new Error(`${cell.name} needs a database, and there is none.`);
  const databaseUrl = await databases.create(task.service);
  if (database === 'preload') await fillOutbox(databaseUrl, task);
  return { ...task, databaseUrl };
}

function taskOf(cell: Cell, side: Side, { brokers, divisor }: Surroundings, profile?: string): Task {
  const service = `bench-${randomBytes(4).toString('hex')}`;
  return {
    program: side.program,
    brokers,
    service,
    topic: `${service}.sale.v1`,
    partitions: cell.partitions,
    keys: cell.keys,
    warmUp: Math.ceil(side.warmUp / divisor),
    measured: Math.ceil(side.measured / divisor),
    options: side.options ?? {},
    ...(profile ? { profile } : {}),
  };
}

const short = (value: number | undefined): string =>
  value === undefined ? '–' : value >= 100 ? value.toFixed(0) : value.toPrecision(3);
