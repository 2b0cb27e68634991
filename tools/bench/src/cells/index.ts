import { askMany, askOne } from './ask.js';
import type { Cell } from './cell.js';
import { consume, consumeValidated, io } from './consume.js';
import { failingTenth, policies, retryLateness } from './failures.js';
import { handOver } from './hand-over.js';
import { inboxConsume } from './inbox.js';
import { memory } from './memory.js';
import { orderWrite, relayDelay, relayDrain, relayMillion, relayTakeOver } from './outbox.js';
import { oneCaller, publish } from './publish.js';

/** In the order of the table. */
export const CELLS: readonly Cell[] = [
  publish,
  oneCaller,
  consume,
  consumeValidated,
  io,
  retryLateness,
  failingTenth,
  policies,
  askOne,
  askMany,
  handOver,
  memory,
  orderWrite,
  relayDrain,
  relayMillion,
  relayDelay,
  relayTakeOver,
  inboxConsume,
];
