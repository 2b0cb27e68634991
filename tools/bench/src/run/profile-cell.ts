import { workspaceRoot } from '@fieldguide/infra';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Cell } from '../cells/cell.js';
import { type CpuProfile, describeProfile } from '../results/profile.js';
import { PERFORMANCE } from '../results/write.js';
import { runSide, type Surroundings } from './run-cell.js';

/** One run of each side under V8's profiler: the summary is printed and kept, the profiles lie in `.local/bench`. */
export async function profileCell(cell: Cell, around: Surroundings): Promise<void> {
  if (cell.story) throw new Error(`${cell.name} waits more than it computes: there is nothing to profile.`);
  const folder = path.join(workspaceRoot, '.local/bench');
  mkdirSync(folder, { recursive: true });
  const parts: string[] = [`# Where the time goes: ${cell.name}`, `${cell.title}.`];
  for (const side of cell.sides) {
    const file = path.join(folder, `${cell.name}-${side.name.replace(/\W+/g, '-')}.cpuprofile`);
    await runSide(cell, side, around, file);
    const messages = Math.ceil(side.measured / around.divisor);
    const part = describeProfile(side.name, JSON.parse(readFileSync(file, 'utf8')) as CpuProfile, messages);
    around.say(
      `\n${part}\n\nThe whole profile, for a browser's developer tools: ${path.relative(workspaceRoot, file)}`,
    );
    parts.push(part);
  }
  const page = path.join(PERFORMANCE, `profile-${cell.name}.md`);
  writeFileSync(page, `${parts.join('\n\n')}\n`);
  around.say(`\nKept in ${path.relative(workspaceRoot, page)}.`);
}
