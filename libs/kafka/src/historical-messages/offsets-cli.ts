#!/usr/bin/env node
import { Logger } from '@nestjs/common';
import { parseArgs } from 'node:util';
import { KafkaConnection, withDefaults } from '../client/index.js';
import { settingsFrom } from '../dead-letters/environment.js';
import { exitCodeOf } from '../exit-code.js';
import { runOffsets } from './offsets.js';

/** `fieldguide-offsets`: where a group stands, and from where it goes on. */
const OPTIONS = {
  group: { type: 'string' },
  topic: { type: 'string', multiple: true },
  partition: { type: 'string' },
  to: { type: 'string' },
  'dry-run': { type: 'boolean' },
  brokers: { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

// What is told goes to stdout as a document, or to stderr as a sentence.
Logger.overrideLogger(false);
process.exitCode = await main(process.argv.slice(2));

async function main(args: string[]): Promise<number> {
  try {
    const { values, positionals } = parseArgs({ args, options: OPTIONS, allowPositionals: true });
    return await runOffsets({
      command: values.help ? 'help' : (positionals[0] ?? 'help'),
      group: values.group,
      topics: values.topic ?? [],
      partition: values.partition,
      to: values.to,
      dryRun: values['dry-run'] ?? false,
      json: values.json ?? false,
      connect: () =>
        new KafkaConnection('offsets', withDefaults(settingsFrom(process.env, values.brokers)), String(process.pid)),
      out: (line) => process.stdout.write(`${line}\n`),
    });
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    return exitCodeOf(error);
  }
}
