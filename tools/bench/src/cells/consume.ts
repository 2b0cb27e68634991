import { type Cell, CPU, RATE } from './cell.js';

const many = { warmUp: 60_000, measured: 200_000 };

export const consume: Cell = {
  name: 'consume',
  title: 'a handler that does nothing, no validation',
  partitions: 6,
  keys: 1_200,
  topic: 'preload',
  sides: [
    { name: 'ours', program: 'ours/consume', ...many },
    { name: '@EventPattern', program: 'stock/consume', warmUp: 30_000, measured: 90_000 },
    { name: 'kafkajs eachBatch, JSON.parse', program: 'raw/consume', ...many },
    { name: 'platformatic, JSON.parse', program: 'platformatic/consume', ...many },
  ],
  metrics: [RATE, CPU],
  targets: [
    { metric: 'cpuMicros', side: 'ours', versus: '@EventPattern', atMost: 0.33 },
    { metric: 'cpuMicros', side: 'ours', versus: 'kafkajs eachBatch, JSON.parse', atMost: 1.3 },
  ],
};

export const consumeValidated: Cell = {
  name: 'consume-validated',
  title: 'the same with six validated fields, a pipe, a guard and an interceptor',
  partitions: 6,
  keys: 1_200,
  topic: 'preload',
  sides: [
    { name: 'ours', program: 'ours/consume', options: { validated: true }, warmUp: 30_000, measured: 90_000 },
    {
      name: 'ours, and ValidationPipe',
      program: 'ours/consume',
      options: { validated: true, twice: true },
      warmUp: 30_000,
      measured: 90_000,
    },
    { name: '@EventPattern', program: 'stock/consume', options: { validated: true }, warmUp: 20_000, measured: 60_000 },
  ],
  metrics: [RATE, CPU],
  targets: [{ metric: 'cpuMicros', side: 'ours', versus: '@EventPattern', atMost: 0.45 }],
};

export const io: Cell = {
  name: 'io',
  title: 'a handler with 5 ms of I/O, 4 partitions, 400 keys',
  partitions: 4,
  keys: 400,
  topic: 'preload',
  sides: [
    { name: 'ours', program: 'ours/consume', options: { ioMs: 5 }, warmUp: 400, measured: 2_400 },
    {
      name: 'ours, concurrency 16',
      program: 'ours/consume',
      options: { ioMs: 5, concurrent: true },
      warmUp: 6_000,
      measured: 30_000,
    },
    { name: '@EventPattern', program: 'stock/consume', options: { ioMs: 5 }, warmUp: 100, measured: 600 },
    {
      name: '@EventPattern, 4 partitions at once',
      program: 'stock/consume',
      options: { ioMs: 5, partitionsConsumedConcurrently: 4 },
      warmUp: 400,
      measured: 2_400,
    },
  ],
  metrics: [RATE, CPU],
  targets: [
    { metric: 'rate', side: 'ours', versus: '@EventPattern', atLeast: 3.5 },
    { metric: 'rate', side: 'ours', versus: '@EventPattern, 4 partitions at once', atLeast: 0.95 },
    { metric: 'rate', side: 'ours, concurrency 16', versus: '@EventPattern, 4 partitions at once', atLeast: 12 },
  ],
};
