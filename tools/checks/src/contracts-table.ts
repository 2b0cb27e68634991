import { ALL_CONTRACTS } from '@fieldguide/contracts';
import { servicesInApps } from '@fieldguide/infra';
import { contractOf } from '@fieldguide/kafka/contract';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import type { Check } from './check.js';

interface PrintedTopology {
  readonly asks: readonly { readonly topic: string }[];
  readonly handlers: readonly { readonly topic: string; readonly delivery: string }[];
}

/** README's table of what says what, against what the services print with `--topology`. */
export async function checkContracts(): Promise<Check[]> {
  const heardBy = new Map<string, string[]>();
  const askedBy = new Map<string, string[]>();
  const ofOthers: string[] = [];
  const add = (map: Map<string, string[]>, topic: string, who: string) =>
    map.set(topic, [...(map.get(topic) ?? []), who]);
  for (const service of servicesInApps()) {
    const { asks, handlers } = await topologyOf(service);
    for (const { topic } of asks) add(askedBy, topic, service);
    for (const { topic, delivery } of handlers)
      add(heardBy, topic, delivery === 'every-replica' ? `every replica of ${service}` : service);
    const others = handlers.flatMap(({ topic }) => /^(.*)\.dead-letters$/.exec(topic)?.[1] ?? []);
    if (others.length > 0) ofOthers.push(`${service} hears the dead letters of ${enumerated(others)}`);
  }
  const expected = ALL_CONTRACTS.map((contract) => {
    const { topic, owner, kind } = contractOf(contract);
    const sayers = kind === 'event' ? [owner] : (askedBy.get(topic) ?? []).sort();
    const hearers = (heardBy.get(topic) ?? []).sort();
    return `| \`${topic}\` | ${kind} | ${sayers.join(', ')} | ${hearers.join(', ')} |`;
  });
  const rows = readFileSync('README.md', 'utf8')
    .split('\n')
    .map((line) => line.replace(/\s+/g, ' ').trim())
    .filter((line) => /^\| `[a-z-]+\.[a-z-]+\.v\d+` \|/.test(line));
  const contradictions = [
    ...expected.filter((row) => !rows.includes(row)).map((row) => `README lacks ${row}`),
    ...rows.filter((row) => !expected.includes(row)).map((row) => `README has ${row}, which nobody says or hears`),
  ];
  const text = readFileSync('README.md', 'utf8').replaceAll(/\s+/g, ' ').toLowerCase();
  const told = [...text.matchAll(/\w+ hears the dead letters of [^.]*?(?= as well|[.,])/g)].map(
    ([sentence]) => sentence,
  );
  return [
    { says: 'README tells who says or asks what, and who hears or answers it', contradictions },
    {
      says: 'README tells who hears the dead letters of others',
      contradictions: [
        ...ofOthers.filter((sentence) => !told.includes(sentence)).map((sentence) => `README lacks: ${sentence}`),
        ...told.filter((sentence) => !ofOthers.includes(sentence)).map((sentence) => `README says: ${sentence}`),
      ],
    },
  ];
}

/** `a, b and c` */
const enumerated = (names: readonly string[]): string =>
  names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;

/** Printed by the service itself, without a broker, a database or an environment. */
async function topologyOf(service: string): Promise<PrintedTopology> {
  const { stdout } = await promisify(execFile)(process.execPath, [`apps/${service}/dist/main.js`, '--topology'], {
    env: { PATH: process.env['PATH'] ?? '' },
  });
  return JSON.parse(stdout) as PrintedTopology;
}
