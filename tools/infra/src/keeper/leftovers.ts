import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { home } from '../home.js';
import { Ledger } from '../machine/ledger.js';
import { livingKeeper } from './registration.js';

/** Its keeper may be about to register. */
const JUST_MADE_MS = 20_000;

/** What killed keepers left behind: of this home, and of the brokers that tests started for themselves. */
export async function endLeftovers(say: (line: string) => void): Promise<void> {
  await new Ledger(home()).endAll(say);
  const brokers = path.join(home(), 'brokers');
  if (!existsSync(brokers)) return;
  for (const name of readdirSync(brokers)) {
    const folder = path.join(brokers, name);
    if (livingKeeper(folder) || Date.now() - statSync(folder).mtimeMs < JUST_MADE_MS) continue;
    await new Ledger(folder).endAll(say);
    rmSync(folder, { recursive: true, force: true });
  }
}
