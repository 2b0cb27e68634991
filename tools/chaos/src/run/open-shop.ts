import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, rmSync } from 'node:fs';
import path from 'node:path';
import { home, readSystem, workspaceRoot } from '@fieldguide/infra';
import { connectShop, type ShopControl, ShopError, type ShopOptions, startShop } from '@fieldguide/replicas';
import { type Parts, partsOf } from './parts.js';

export interface OpenShop {
  readonly control: ShopControl;
  readonly parts: Parts;
  close(): Promise<void>;
}

interface Wanted {
  readonly running: boolean;
  readonly externalToo: boolean;
}

interface Around {
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
}

/** The shop of this home that runs; else one of its own, in a home of its own that begins empty. */
export async function openShop({ running, externalToo }: Wanted, around: Around): Promise<OpenShop> {
  if (!running) return ownShop(externalToo, around);
  const control = connectShop();
  refuseExternal(externalToo);
  return { control, parts: partsOf(control.system.choices), close: () => Promise.resolve() };
}

function ownShop(externalToo: boolean, around: Around): Promise<OpenShop> {
  process.env['FIELDGUIDE_HOME'] = path.join(home(), 'chaos');
  return emptyShop({ name: 'chaos', replicas: { orders: 2 }, externalToo }, around);
}

/** Empties this home, then starts a shop in it. */
export async function emptyShop(
  { name, replicas, externalToo }: Pick<ShopOptions, 'name' | 'replicas'> & Pick<Wanted, 'externalToo'>,
  { say, signal }: Around,
): Promise<OpenShop> {
  if (existsSync(home())) await reset(externalToo);
  for (const folder of ['chaos', 'preload']) rmSync(path.join(home(), folder), { recursive: true, force: true });
  let starting = true;
  const shop = await startShop({
    name,
    ...(replicas && { replicas }),
    say: (line) => starting && say(line),
    onLost: say,
    signal: whileStarting(signal, () => starting),
  });
  starting = false;
  try {
    refuseExternal(externalToo);
  } catch (error) {
    await shop.stop();
    throw error;
  }
  return { control: shop.control, parts: partsOf(shop.choices), close: () => shop.stop() };
}

/** A run that is given up later heals the shop before it ends. */
function whileStarting(signal: AbortSignal, isStarting: () => boolean): AbortSignal {
  const giveUp = new AbortController();
  signal.addEventListener('abort', () => isStarting() && giveUp.abort());
  return giveUp.signal;
}

function refuseExternal(externalToo: boolean): void {
  const external = (readSystem()?.choices ?? []).filter(
    ({ part, provider }) => part !== 'mail' && provider === 'external',
  );
  if (external.length === 0 || externalToo) return;
  throw new ShopError(
    `Chaos would run on an external ${external.map(({ part }) => part).join(' and ')}: unset KAFKA_BROKERS and DATABASE_URL, or say --external-too.`,
  );
}

async function reset(externalToo: boolean): Promise<void> {
  const program = path.join(workspaceRoot, 'tools/infra/dist/cli.js');
  const args = [program, 'reset', ...(externalToo ? ['--external-too'] : [])];
  const [code] = (await once(spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] }), 'exit')) as [
    number | null,
  ];
  if (code !== 0) throw new ShopError(`${home()} could not be emptied: is a shop running there?`);
}
