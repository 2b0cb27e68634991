export { type ScratchDatabase, scratchDatabase } from './scratch-database.js';
