import type { Cell } from './cell.js';
import { consume, consumeValidated, io } from './consume.js';
import { oneCaller, publish } from './publish.js';

/** In the order of the table. */
export const CELLS: readonly Cell[] = [publish, oneCaller, consume, consumeValidated, io];
