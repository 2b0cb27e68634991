export { type Ending, HANDLED, REFUSED, UNSEEN } from './ending.js';
export { ASKING_POISONS, POISONS, RETRY_POISONS } from './poisons.js';
export type { Good, Poison, ShownPoison, StockEnding } from './poison.js';
export { readEveryCodec } from './sending/decoders.js';
export { PoisonSender } from './sending/poison-sender.js';
export { mix, type Step } from './sending/step.js';
export type { Way } from './sending/way.js';
export { poisonTable } from './table.js';
