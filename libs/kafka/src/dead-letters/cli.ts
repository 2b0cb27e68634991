#!/usr/bin/env node
import { Logger } from '@nestjs/common';
import { parseArgs } from 'node:util';
import { KafkaConnection, type KafkaSettings, withDefaults } from '../client/index.js';
import { runDeadLetters } from './commands.js';
import { exitCodeOf } from '../exit-code.js';
import { settingsFrom } from './environment.js';

/** `fieldguide-dead-letters`: what operators do with the dead letters of a service. */
const OPTIONS = {
  service: { type: 'string' },
  where: { type: 'string', multiple: true },
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
    const settings = (): KafkaSettings => settingsFrom(process.env, values.brokers);
    return await runDeadLetters({
      command: values.help ? 'help' : (positionals[0] ?? 'help'),
      rest: positionals.slice(1),
      service: values.service,
      where: values.where ?? [],
      json: values.json ?? false,
      connect: (service) =>
        new KafkaConnection(`${service}.dead-letters`, withDefaults(settings()), String(process.pid)),
      out: (line) => process.stdout.write(`${line}\n`),
      progress: (line) => process.stderr.write(`${line}\n`),
    });
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    return exitCodeOf(error);
  }
}
