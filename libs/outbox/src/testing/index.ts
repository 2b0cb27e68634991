export { type ScratchDatabase, scratchDatabase } from './scratch-database.js';
export { type Told, toldIn, unrelayedOutbox } from './unrelayed-outbox.js';
