import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Journals } from './journals.js';

describe('the journals of the replicas', () => {
  let folder: string;
  const file = (replica: string) => path.join(folder, `${replica}.jsonl`);
  const entry = (time: number, replica: string) =>
    `${JSON.stringify({ time: new Date(time).toISOString(), replica })}\n`;
  const replicas = (journals: Journals) => journals.next().map(({ replica }) => replica);

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'journals-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('are read from now on, by time, those of new replicas too', () => {
    writeFileSync(file('billing-1'), entry(1, 'before'));
    const journals = new Journals(folder);
    expect(replicas(journals)).toEqual([]);

    appendFileSync(file('billing-1'), entry(30, 'late'));
    writeFileSync(file('billing-2'), entry(20, 'early'));

    expect(replicas(journals)).toEqual(['early', 'late']);
    expect(replicas(journals)).toEqual([]);
  });

  it('give a line when it is whole, even if it is cut within a character', () => {
    const journals = new Journals(folder);
    const bytes = Buffer.from(entry(1, 'büro'));
    const cut = bytes.indexOf(0xc3) + 1;

    writeFileSync(file('billing-1'), bytes.subarray(0, cut));
    expect(replicas(journals)).toEqual([]);
    appendFileSync(file('billing-1'), bytes.subarray(cut));

    expect(replicas(journals)).toEqual(['büro']);
  });

  it('go on after a line that a kill cut off, and after a journal that began anew', () => {
    const journals = new Journals(folder);
    writeFileSync(file('billing-1'), `{"time":"x\n${entry(1, 'after')}`);
    expect(replicas(journals)).toEqual(['after']);

    writeFileSync(file('billing-1'), entry(2, 'anew'));

    expect(replicas(journals)).toEqual(['anew']);
  });

  it('are empty where nothing was handled yet', () => {
    expect(new Journals(path.join(folder, 'nowhere')).next()).toEqual([]);
  });
});
