export type * from './history.js';
export { check } from './judging/check.js';
export { OracleError } from './oracle-error.js';
export { type ReadOptions, readHistory } from './reading/read-history.js';
export { exitCodeOf } from './report.js';
export type { Contradiction, ContradictionCode, Counts, Report, Verdict } from './report.js';
export { inWords } from './telling/in-words.js';
