export { eventually } from './eventually.js';
export { scratchDatabase, type ScratchDatabase } from '@fieldguide/outbox/testing';
