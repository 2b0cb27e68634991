import type { Cell, Metric } from './cell.js';

const ms = (name: string, unit: string): Metric => ({ name, unit, best: 'low' });
const still = { warmUp: 0, measured: 0 };

export const handOver: Cell = {
  name: 'hand-over',
  title: 'two replicas: one is stopped, another killed, the last one stopped when it is idle',
  partitions: 6,
  keys: 6,
  topic: 'empty',
  story: 'hand-over',
  rounds: 1,
  control: false,
  sides: [
    { name: 'ours', program: 'ours/replica', ...still },
    { name: '@EventPattern, tuned', program: 'stock/replica', options: { tuned: true }, ...still },
    { name: '@EventPattern, defaults', program: 'stock/replica', slow: true, ...still },
  ],
  metrics: [
    ms('takeover', 'ms after kill -9'),
    ms('handOver', 'ms hand-over'),
    ms('stop', 'ms idle stop'),
    ms('againStopped', 'handled again after a stop'),
    ms('againKilled', 'handled again after a kill'),
  ],
  // The session timeout is 6 s: a kill is noticed no earlier.
  targets: [
    { metric: 'handOver', side: 'ours', atMost: 500 },
    { metric: 'takeover', side: 'ours', atMost: 6_600 },
    { metric: 'stop', side: 'ours', atMost: 100 },
    { metric: 'againStopped', side: 'ours', atMost: 0 },
  ],
};
