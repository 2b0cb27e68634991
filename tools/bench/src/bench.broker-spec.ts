import { describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';

const BENCH = path.resolve(import.meta.dirname, '../dist/bench.js');
const WITHIN_MS = 300_000;

describe('a quick run of the bench', () => {
  // It has a broker of its own; under load every step takes its time.
  it(
    'brings all messages of each side through, and keeps none of its numbers',
    async () => {
      const cells = ['--quick', '--cells', 'publish,consume'];
      const env = { ...process.env, NODE_OPTIONS: '' };
      const { stdout } = await promisify(execFile)(process.execPath, [BENCH, ...cells], { env, timeout: WITHIN_MS });

      expect(stdout.match(/^ {2}(?:ours|ClientKafka\.emit|@EventPattern|kafkajs)[^:]*: \d+/gm)).toHaveLength(8);
      expect(stdout).toContain('its counts are right');
      expect(stdout).not.toContain('Kept in');
    },
    WITHIN_MS,
  );
});
