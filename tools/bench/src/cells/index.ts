import { askMany, askOne } from './ask.js';
import type { Cell } from './cell.js';
import { consume, consumeValidated, io } from './consume.js';
import { handOver } from './hand-over.js';
import { memory } from './memory.js';
import { oneCaller, publish } from './publish.js';

/** In the order of the table. */
export const CELLS: readonly Cell[] = [
  publish,
  oneCaller,
  consume,
  consumeValidated,
  io,
  askOne,
  askMany,
  handOver,
  memory,
];
