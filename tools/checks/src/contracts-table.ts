import { ALL_CONTRACTS } from '@fieldguide/contracts';
import { contractOf } from '@fieldguide/kafka/contract';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import type { Check } from './check.js';

const SERVICES = ['orders', 'billing', 'notifications'];

interface PrintedTopology {
  readonly handlers: readonly { readonly topic: string; readonly delivery: string }[];
}

/** README's table of what says what, against what the services print with `--topology`. */
export async function checkContracts(): Promise<Check[]> {
  const heardBy = new Map<string, string[]>();
  for (const service of SERVICES) {
    for (const { topic, delivery } of (await topologyOf(service)).handlers) {
      const hearer = delivery === 'every-replica' ? `every replica of ${service}` : service;
      heardBy.set(topic, [...(heardBy.get(topic) ?? []), hearer]);
    }
  }
  const expected = ALL_CONTRACTS.map((contract) => {
    const { topic, owner, kind } = contractOf(contract);
    const hearers = (heardBy.get(topic) ?? []).sort().join(', ');
    return `| \`${topic}\` | ${kind} | ${owner} | ${hearers} |`;
  });
  const lines = new Set(
    readFileSync('README.md', 'utf8')
      .split('\n')
      .map((line) => line.replace(/\s+/g, ' ').trim()),
  );
  const missing = expected.filter((line) => !lines.has(line));
  return [
    {
      says: 'README tells which contract is said and heard by whom',
      contradictions: missing.map((line) => `README lacks ${line}`),
    },
  ];
}

/** Printed by the service itself, without a broker, a database or an environment. */
async function topologyOf(service: string): Promise<PrintedTopology> {
  const { stdout } = await promisify(execFile)(process.execPath, [`apps/${service}/dist/main.js`, '--topology'], {
    env: { PATH: process.env['PATH'] ?? '' },
  });
  return JSON.parse(stdout) as PrintedTopology;
}
