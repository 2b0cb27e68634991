import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { round, table } from './table.js';

/** What V8 writes, as far as it is read here. Times in microseconds. */
export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

export interface Share {
  readonly name: string;
  /** Of its own, without what it calls: microseconds for each message. */
  readonly micros: number;
  /** Of all time that was not idle. */
  readonly share: number;
}

/** Where the time went: the functions, and the packages, that took most of it. */
export function selfTimes(profile: CpuProfile, messages: number): { functions: Share[]; packages: Share[] } {
  const nodes = new Map(profile.nodes.map(({ id, callFrame }) => [id, callFrame]));
  const functions = new Map<string, number>();
  const packages = new Map<string, number>();
  profile.samples.forEach((id, index) => {
    const frame = nodes.get(id);
    // The first delta reaches back to the begin of the profile; a sample lasts until the next one.
    const micros = profile.timeDeltas[index + 1] ?? 0;
    if (!frame || frame.functionName === '(idle)' || frame.functionName === '(program)') return;
    const owner = packageOf(frame.url, frame.functionName);
    const where = frame.url.startsWith('file:') ? `${path.basename(frame.url)}:${frame.lineNumber + 1}` : frame.url;
    add(functions, `${frame.functionName || '(anonymous)'} ${owner}${where ? ` ${where}` : ''}`, micros);
    add(packages, owner, micros);
  });
  return { functions: ranked(functions, messages), packages: ranked(packages, messages) };
}

export function describeProfile(title: string, profile: CpuProfile, messages: number): string {
  const { functions, packages } = selfTimes(profile, messages);
  const rows = (shares: readonly Share[]): string[][] =>
    shares.map(({ name, micros, share }) => [`\`${name}\``, round(micros), `${Math.round(share * 1_000) / 10} %`]);
  return [
    `### ${title}`,
    table(['package', 'µs/message', 'share'], rows(packages.slice(0, 12))),
    table(['function, by self time', 'µs/message', 'share'], rows(functions.slice(0, 30))),
  ].join('\n\n');
}

const add = (to: Map<string, number>, name: string, micros: number): void =>
  void to.set(name, (to.get(name) ?? 0) + micros);

function ranked(times: ReadonlyMap<string, number>, messages: number): Share[] {
  const all = [...times.values()].reduce((sum, micros) => sum + micros, 0);
  return [...times]
    .map(([name, micros]) => ({ name, micros: micros / messages, share: micros / all }))
    .sort((a, b) => b.micros - a.micros);
}

/** `kafkajs`, `@nestjs/core`, `libs/kafka`, `node`, `(garbage collector)`. */
function packageOf(url: string, functionName: string): string {
  if (url === '') return functionName.startsWith('(') ? functionName : 'v8';
  if (url.startsWith('node:')) return 'node';
  const file = url.startsWith('file:') ? fileURLToPath(url) : url;
  const [, installed] = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file) ?? [];
  if (installed) return installed;
  const [, own] = /\/((?:libs|tools|apps)\/[^/]+)\//.exec(file) ?? [];
  return own ?? file;
}
