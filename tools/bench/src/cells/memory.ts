import { type Cell, CPU, RATE } from './cell.js';

export const memory: Cell = {
  name: 'memory',
  title: 'a million messages through one service, each handled and said again',
  partitions: 6,
  keys: 1_200,
  topic: 'through',
  rounds: 'half',
  control: false,
  sides: [{ name: 'ours', program: 'ours/through', warmUp: 0, measured: 1_000_000 }],
  metrics: [
    { name: 'growth', unit: 'RSS, last tenth to second', best: 'low' },
    { name: 'secondTenth', unit: 'MB, second tenth', best: 'low' },
    { name: 'lastTenth', unit: 'MB, last tenth', best: 'low' },
    RATE,
    CPU,
  ],
  targets: [{ metric: 'growth', side: 'ours', atMost: 1.1 }],
};
