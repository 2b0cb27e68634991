export { eventually } from './eventually.js';
export { scratchDatabase, type ScratchDatabase } from './scratch-database.js';
