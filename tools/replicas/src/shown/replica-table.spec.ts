import { describe, expect, it } from '@jest/globals';
import { replicaTable } from './replica-table.js';

describe('the table of replicas', () => {
  it('shows who runs, where and for how long, and how the others ended', () => {
    const startedAt = '2026-01-01T10:00:00.000Z';
    const billing = { service: 'billing', startedAt };

    const table = replicaTable(
      [
        { ...billing, replica: 'billing-1', state: 'ready', pid: 11, url: 'http://127.0.0.1:3001' },
        {
          ...billing,
          replica: 'billing-2',
          state: 'killed',
          pid: 12,
          url: 'http://127.0.0.1:3011',
          ended: 'signal SIGKILL',
        },
        {
          ...billing,
          ...{ replica: 'billing-3', state: 'crashed', pid: 13, url: 'http://127.0.0.1:3021' },
          ...{ ended: 'exit code 1', lastLine: 'BILLING_PORT must be a port number' },
        },
      ],
      new Date('2026-01-01T10:03:05.000Z'),
    );

    expect(table.split('\n').map((line) => line.split(/ {2,}/))).toEqual([
      ['replica', 'state', 'pid', 'url', 'uptime'],
      ['billing-1', 'ready', '11', 'http://127.0.0.1:3001', '3 min 5 s'],
      ['billing-2', 'killed', '-', 'http://127.0.0.1:3011', '-', 'signal SIGKILL'],
      ['billing-3', 'crashed', '-', 'http://127.0.0.1:3021', '-', 'exit code 1: BILLING_PORT must be a port number'],
    ]);
  });
});
