import { explain } from '../infra-error.js';
import { home } from '../home.js';
import type { Extent } from '../infrastructure/prepare.js';
import { Keeper } from './keeper.js';
import { register } from './registration.js';

const registration = register(home());
// Somebody else keeps this home already: whoever wanted this one finds that one.
if (!registration) process.exit(0);

const keeper = new Keeper(registration, JSON.parse(process.argv[2] ?? '{}') as Extent);
for (const name of ['SIGTERM', 'SIGINT'] as const) process.on(name, () => void keeper.stop());
process.on('SIGHUP', () => undefined);
for (const name of ['uncaughtException', 'unhandledRejection'] as const)
  process.on(name, (error: unknown) => {
    console.error(explain(error));
    void keeper.stop();
  });
await keeper.open();
