import { type Outcome, type Program, readTask } from './task.js';

/** The measured process: does one task, sends its outcome to whoever started it, and ends. */
// A bench that is interrupted leaves nobody behind.
process.once('disconnect', () => process.exit(1));
const task = readTask();
const { measure } = (await import(`./${task.program}.js`)) as Program;
const outcome: Outcome = await measure(task);
process.send?.(outcome, () => process.exit(0));
