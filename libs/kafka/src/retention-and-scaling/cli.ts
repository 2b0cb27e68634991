#!/usr/bin/env node
import { Logger } from '@nestjs/common';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { KafkaConnection, withDefaults } from '../client/index.js';
import { settingsFrom } from '../dead-letters/environment.js';
import { SettingsError } from '../errors.js';
import { exitCodeOf } from '../exit-code.js';
import type { Topology } from '../topology/topology.js';
import { runTopics } from './commands.js';

/** `fieldguide-topics`: what operators do with topics. */
const OPTIONS = {
  topic: { type: 'string' },
  retention: { type: 'string' },
  compact: { type: 'boolean' },
  config: { type: 'string', multiple: true },
  reset: { type: 'string', multiple: true },
  partitions: { type: 'string' },
  'lose-unread': { type: 'boolean' },
  'dry-run': { type: 'boolean' },
  topology: { type: 'string', multiple: true },
  brokers: { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

// What is told goes to stdout; kafkajs' own lines to nobody.
Logger.overrideLogger(false);
process.exitCode = await main(process.argv.slice(2));

async function main(args: string[]): Promise<number> {
  try {
    const { values, positionals } = parseArgs({ args, options: OPTIONS, allowPositionals: true });
    const {
      help,
      brokers,
      topology = [],
      'dry-run': dryRun = false,
      'lose-unread': loseUnread = false,
      ...rest
    } = values;
    return await runTopics({
      ...rest,
      command: help ? 'help' : (positionals[0] ?? 'help'),
      dryRun,
      loseUnread,
      topologies: topology.map(readTopology),
      connect: () =>
        new KafkaConnection('topics', withDefaults(settingsFrom(process.env, brokers)), String(process.pid)),
      out: (line) => process.stdout.write(`${line}\n`),
    });
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    return exitCodeOf(error);
  }
}

function readTopology(file: string): Topology {
  try {
    const topology = JSON.parse(readFileSync(file, 'utf8')) as Topology;
    if (typeof topology.service === 'string' && Array.isArray(topology.owns) && Array.isArray(topology.handlers))
      return topology;
  } catch {
    // The sentence below says it.
  }
  throw new SettingsError(`--topology is "${file}": a file with what a service prints with --topology is expected.`);
}
