import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { workspaceRoot } from '@fieldguide/infra';
import type { RunningShop } from '../shop/shop.js';
import { welcome } from './welcome.js';

const system = {
  ...{ kafka: '127.0.0.1:9092', mail: 'http://127.0.0.1:1080', choices: [], replicas: [] },
  ...{ orders: 'http://127.0.0.1:3000', billing: 'http://127.0.0.1:3001', paymentProvider: 'http://127.0.0.1:3901' },
};

describe('the table of an open shop', () => {
  it('says the URL that the commands in docs/running.md mean by $CONTROL', () => {
    const page = readFileSync(path.join(workspaceRoot, 'docs/running.md'), 'utf8');
    const lines = welcome({ system, choices: [] } as unknown as RunningShop).split('\n');

    expect(lines.some((line) => /^Payment provider +http:\/\/127\.0\.0\.1:3901 /.test(line))).toBe(true);
    const named = lines.find((line) => line.startsWith('CONTROL='))?.split(' ')[0];
    expect(named).toBe(`CONTROL=${system.paymentProvider}`);
    expect(page).toContain(named);
  });
});
