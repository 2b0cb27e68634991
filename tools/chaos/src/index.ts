export { historyOf } from './run/history.js';
export { partsOf, type Parts } from './run/parts.js';
export { type Outcome, run, type RunOptions } from './run/run.js';
export { judge, type Verdict } from './run/verdict.js';
export { KIND_NAMES, type KindName } from './schedule/kinds.js';
export { type Fault, scheduleOf } from './schedule/schedule.js';
