#!/usr/bin/env node
import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { explain } from './shop-error.js';
import { shopVariables } from './shop-variables.js';
import { mainOf, services } from './shop/services.js';

/** `npm run -s topics -- …`: the library's own program, told where this shop's Kafka is and what its services need there. */
const PROGRAM = fileURLToPath(new URL('../../../libs/kafka/dist/retention-and-scaling/cli.js', import.meta.url));

const args = process.argv.slice(2);
const isHelp = args.length === 0 || args.some((arg) => /^(help|--help|-h)$/.test(arg));
const folder = mkdtempSync(join(tmpdir(), 'topologies-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
try {
  const namesBroker = process.env['KAFKA_BROKERS'] || args.some((arg) => arg.startsWith('--brokers'));
  const env = isHelp || namesBroker ? process.env : { ...process.env, ...shopVariables() };
  const topologies = isHelp ? [] : (await Promise.all(services.map(({ name }) => topologyOf(name)))).flat();
  spawn(process.execPath, [PROGRAM, ...args, ...topologies], { stdio: 'inherit', env }).on('exit', (code, signal) => {
    process.exitCode = code ?? (signal ? 1 : 0);
  });
} catch (error) {
  console.error(explain(error));
  process.exitCode = 1;
}

/** Printed by the service itself, without a broker, a database or an environment. */
async function topologyOf(service: string): Promise<string[]> {
  const args = [mainOf(`apps/${service}`), '--topology'];
  const { stdout } = await promisify(execFile)(process.execPath, args, { env: { PATH: process.env['PATH'] ?? '' } });
  const file = join(folder, `${service}.json`);
  writeFileSync(file, stdout);
  return ['--topology', file];
}
