import { explain } from '../infra-error.js';
import { home } from '../home.js';
import type { Extent } from './prepare.js';
import { Keeper } from './keeper.js';
import { register } from './registration.js';

/** Somebody else keeps this home already. */
const EXIT_KEPT = 75;

const registration = register(home());
if (!registration) process.exit(EXIT_KEPT);

const keeper = new Keeper(registration, JSON.parse(process.argv[2] ?? '{}') as Extent);
for (const name of ['SIGTERM', 'SIGINT'] as const) process.on(name, () => void keeper.stop());
process.on('SIGHUP', () => undefined);
for (const name of ['uncaughtException', 'unhandledRejection'] as const)
  process.on(name, (error: unknown) => {
    console.error(explain(error));
    void keeper.stop();
  });
await keeper.open();
