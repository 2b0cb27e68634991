#!/usr/bin/env node
import { parseArgs } from 'node:util';
import { connectShop } from './control/connect-shop.js';
import { type Action, ACTIONS } from './control/shop-control.js';
import { explain, ShopError } from './shop-error.js';
import { replicaTable } from './shown/replica-table.js';
import type { ReplicaStatus } from './supervisor/replica.js';

const USAGE = `npm run replicas -- list [--json], or npm run replicas -- <${ACTIONS.join('|')}> <replica>…`;

try {
  const { action, names, json } = readCommand(process.argv.slice(2));
  const shop = connectShop();
  for (const name of names) {
    if (action === 'list') break;
    const status = await shop[action](name);
    if (!json) console.log(sentence(status));
  }
  const all = await shop.list({ outsideWorld: true });
  console.log(json ? JSON.stringify(all, undefined, 2) : replicaTable(all));
} catch (error) {
  console.error(explain(error));
  process.exitCode = 1;
}

function sentence({ replica, state, ended, url, pid }: ReplicaStatus): string {
  const running = state === 'ready' || state === 'starting' || state === 'paused';
  return running ? `${replica} is ${state}: pid ${pid}, ${url}` : `${replica} is ${state}: ${ended}`;
}

function readCommand(args: string[]): { action: 'list' | Action; names: string[]; json: boolean } {
  const { positionals, json } = readArgs(args);
  const [word = '', ...names] = positionals;
  const action = ['list' as const, ...ACTIONS].find((known) => known === word);
  if (!action) throw new ShopError(word ? `There is no command ${JSON.stringify(word)}: ${USAGE}.` : `${USAGE}.`);
  if (action === 'list' && names.length > 0) throw new ShopError(`list takes no replica: ${USAGE}.`);
  if (action !== 'list' && names.length === 0)
    throw new ShopError(`Which replica? For example: npm run replicas -- ${action} billing-1.`);
  return { action, names, json };
}

function readArgs(args: string[]): { positionals: string[]; json: boolean } {
  try {
    const { positionals, values } = parseArgs({ args, allowPositionals: true, options: { json: { type: 'boolean' } } });
    return { positionals, json: values.json ?? false };
  } catch (error) {
    throw new ShopError(`${(error as Error).message.split('.')[0]}: ${USAGE}.`);
  }
}
