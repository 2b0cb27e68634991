import { type Outcome, type Program, readTask } from './task.js';

/** The measured process: does one task, sends its outcome to whoever started it, and ends. */
const task = readTask();
const { measure } = (await import(`./${task.program}.js`)) as Program;
const outcome: Outcome = await measure(task);
process.send?.(outcome, () => process.exit(0));
