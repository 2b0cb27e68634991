import { type Cell, CPU, RATE } from './cell.js';

const many = { warmUp: 6_000, measured: 24_000 };
const ONE_EACH = 'ours, a transaction each';
const SQL = 'the same SQL without Kafka, 500 each';

export const inboxConsume: Cell = {
  name: 'inbox-consume',
  title: 'a handler with @Once() and one insert, a full topic, 1 partition',
  partitions: 1,
  keys: 1_200,
  topic: 'preload',
  database: 'empty',
  sides: [
    { name: 'ours, batch: 500', program: 'ours/inbox', options: { batch: true }, ...many },
    { name: ONE_EACH, program: 'ours/inbox', warmUp: 400, measured: 2_000 },
    { name: SQL, program: 'raw/inbox-sql', topic: 'empty', ...many },
  ],
  metrics: [
    { ...RATE, unit: 'events/s' },
    { ...CPU, unit: 'CPU µs/event' },
  ],
  targets: [
    { metric: 'rate', side: 'ours, batch: 500', versus: ONE_EACH, atLeast: 15 },
    { metric: 'rate', side: 'ours, batch: 500', versus: SQL, atLeast: 0.5 },
  ],
};
