import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readCredentials, readSystem, updateCredentials, updateSystem } from './system.js';

describe('what a home knows of its system', () => {
  const before = process.env['FIELDGUIDE_HOME'];
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'fieldguide-spec-'));
    process.env['FIELDGUIDE_HOME'] = path.join(folder, 'home');
  });

  afterEach(() => {
    if (before === undefined) delete process.env['FIELDGUIDE_HOME'];
    else process.env['FIELDGUIDE_HOME'] = before;
    rmSync(folder, { recursive: true, force: true });
  });

  it('is nothing where nothing has run', () => {
    expect(readSystem()).toBeUndefined();
    expect(readCredentials()).toBeUndefined();
  });

  it('keeps the fields that a change does not name', () => {
    updateSystem({ kafka: '127.0.0.1:9092' });
    updateSystem({ orders: 'http://127.0.0.1:3000' });

    expect(readSystem()).toEqual({
      kafka: '127.0.0.1:9092',
      mail: '',
      choices: [],
      replicas: [],
      orders: 'http://127.0.0.1:3000',
    });
  });

  it('leaves no draft and no lock beside the file', () => {
    updateSystem({ kafka: '127.0.0.1:9092' });

    expect(readdirSync(path.join(folder, 'home'))).toEqual(['system.json']);
  });

  it('is nothing where the file is half a file', () => {
    updateSystem({});
    writeFileSync(path.join(folder, 'home', 'system.json'), '{ "kafka": "127');

    expect(readSystem()).toBeUndefined();
  });

  it('shows credentials to their owner only', () => {
    updateCredentials({ databases: { orders: 'postgresql://u:p@127.0.0.1/fieldguide_orders' } });

    const { mode } = statSync(path.join(folder, 'home', 'credentials.json'));

    expect(mode & 0o777).toBe(0o600);
    expect(readCredentials()?.databases['orders']).toContain('fieldguide_orders');
  });
});
