import { type Cell, CPU, P50, P99, RATE } from './cell.js';

const one = { warmUp: 300, measured: 1_200 };

export const askOne: Cell = {
  name: 'ask',
  title: 'a question and its answer, asker and responder in one process, one at a time',
  partitions: 6,
  keys: 1,
  topic: 'empty',
  sides: [
    { name: 'ours', program: 'ours/ask', ...one },
    { name: 'two hops of kafkajs', program: 'raw/hops', ...one },
    { name: 'ClientKafka.send', program: 'stock/ask', ...one },
  ],
  metrics: [P50, P99, CPU],
  targets: [{ metric: 'p50', side: 'ours', versus: 'two hops of kafkajs', atMost: 1.3 }],
};

export const askMany: Cell = {
  name: 'ask-64',
  title: 'the same, 64 in flight',
  partitions: 6,
  keys: 64,
  topic: 'empty',
  sides: [
    { name: 'ours', program: 'ours/ask', warmUp: 5_000, measured: 20_000 },
    { name: 'ClientKafka.send', program: 'stock/ask', warmUp: 1_000, measured: 4_000 },
  ],
  metrics: [RATE, CPU, P50, P99],
  targets: [{ metric: 'rate', side: 'ours', versus: 'ClientKafka.send', atLeast: 5 }],
};
