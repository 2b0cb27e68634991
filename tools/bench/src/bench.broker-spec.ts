import { describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';

const BENCH = path.resolve(import.meta.dirname, '../dist/bench.js');
const WITHIN_MS = 300_000;

/** It has a broker of its own; under load every step takes its time. */
async function quickRun(cells: string): Promise<string> {
  const env = { ...process.env, NODE_OPTIONS: '' };
  const args = [BENCH, '--quick', '--cells', cells];
  return (await promisify(execFile)(process.execPath, args, { env, timeout: WITHIN_MS })).stdout;
}

describe('a quick run of the bench', () => {
  it(
    'brings all messages of each side through, and keeps none of its numbers',
    async () => {
      const told = await quickRun('publish,consume');

      expect(told.match(/^ {2}(?:ours|ClientKafka\.emit|@EventPattern|kafkajs)[^:]*: \d+/gm)).toHaveLength(8);
      expect(told).toContain('its counts are right');
      expect(told).not.toContain('Kept in');
    },
    WITHIN_MS,
  );

  it(
    'brings those through that fail on purpose, and counts what a policy costs others: records, and a group that never failed',
    async () => {
      const told = await quickRun('failing-tenth,policies');

      expect(told.match(/^ {2}\S.*: [\d.]+ messages\/s/gm)).toHaveLength(10);
      expect(costOf(told, 'ours, retry topics')).toEqual({ elsewhere: 0, extra: 100 });
      expect(costOf(told, 'ours, keep order')).toEqual({ elsewhere: 0, extra: 0 });
      expect(costOf(told, '@EventPattern, re-emit')).toEqual({ elsewhere: 100, extra: 100 });
      expect(told).toContain('its counts are right');
    },
    WITHIN_MS,
  );

  it(
    'brings what waits in an outbox to its topic, each event once and in the order of its key, and has another replica go on',
    async () => {
      const told = await quickRun('order-write,relay-drain,relay-delay,relay-take-over');

      expect(told.match(/^ {2}\S.*: [\d.]+ (?:orders|events)\/s/gm)).toHaveLength(7);
      expect(told.match(/^ {2}\S.*: [\d.]+ ms p50/gm)).toHaveLength(3);
      expect(told).toMatch(/ours, killed: [\d.]+ ms until it goes on/);
      expect(told).toContain('its counts are right');
    },
    WITHIN_MS,
  );

  it(
    'handles each event once that comes to an inbox, and finds its row',
    async () => {
      const told = await quickRun('inbox-consume');

      expect(told.match(/^ {2}\S.*: [\d.]+ events\/s/gm)).toHaveLength(3);
      expect(told).toContain('its counts are right');
    },
    WITHIN_MS,
  );
});

/** Of a thousand messages. */
function costOf(told: string, side: string): object {
  const line = told.split('\n').find((one) => one.startsWith(`  ${side}: `)) ?? '';
  const [, elsewhere, extra] = /([\d.]+) of 1 000, handled .*, ([\d.]+) of 1 000, extra/.exec(line) ?? [];
  return { elsewhere: Number(elsewhere), extra: Number(extra) };
}
