import { type Cell, CPU, P50, P99, RATE } from './cell.js';

export const publish: Cell = {
  name: 'publish',
  title: '256 callers, each waiting for its own message, acks all',
  partitions: 6,
  keys: 256,
  topic: 'readBack',
  sides: [
    { name: 'ours', program: 'ours/publish', warmUp: 15_000, measured: 60_000 },
    {
      name: 'ours, validated',
      program: 'ours/publish',
      options: { validated: true },
      warmUp: 15_000,
      measured: 45_000,
    },
    { name: 'ClientKafka.emit', program: 'stock/publish', warmUp: 4_000, measured: 12_000 },
    {
      name: 'kafkajs send, idempotent',
      program: 'raw/publish',
      options: { idempotent: true },
      warmUp: 1_000,
      measured: 4_000,
    },
    {
      name: 'kafkajs coalesced, idempotent',
      program: 'raw/publish',
      options: { idempotent: true, coalesced: true },
      warmUp: 15_000,
      measured: 60_000,
    },
    { name: 'platformatic coalesced', program: 'platformatic/publish', warmUp: 15_000, measured: 60_000 },
  ],
  metrics: [RATE, CPU],
  targets: [
    { metric: 'rate', side: 'ours', versus: 'ClientKafka.emit', atLeast: 5 },
    { metric: 'cpuMicros', side: 'ours', versus: 'ClientKafka.emit', atMost: 0.18 },
    { metric: 'cpuMicros', side: 'ours, validated', versus: 'ClientKafka.emit', atMost: 0.25 },
    { metric: 'rate', side: 'ours', versus: 'kafkajs send, idempotent', atLeast: 15 },
  ],
};

export const oneCaller: Cell = {
  name: 'one-caller',
  title: 'one caller, waiting for each message, acks all',
  partitions: 6,
  keys: 1,
  topic: 'readBack',
  sides: [
    { name: 'ours', program: 'ours/publish', warmUp: 1_000, measured: 3_000 },
    { name: 'kafkajs send', program: 'raw/publish', warmUp: 1_000, measured: 3_000 },
    {
      name: 'kafkajs send, idempotent',
      program: 'raw/publish',
      options: { idempotent: true },
      warmUp: 1_000,
      measured: 3_000,
    },
  ],
  metrics: [P50, P99, CPU],
  targets: [{ metric: 'p50', side: 'ours', versus: 'kafkajs send', atMost: 1.05 }],
};
