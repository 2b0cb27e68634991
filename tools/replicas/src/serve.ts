import { isAlive } from './control/claim.js';
import { startApart } from './serving/apart.js';

/** How often we look whether Nx is still there: when it is killed, nobody tells us, and a shell stands between us. */
const NX_CHECK_MS = 500;

/**
 * `nx serve`. Nx ends a process tree all at once, the leaves first: a payment provider in it would be gone while services
 * still charge. So the shop runs apart from Nx's tree, and this process stands for it there: it passes on that it is time
 * to close, and ends when the shop has.
 */
const shop = startApart(new URL('serving/main.js', import.meta.url), process.argv.slice(2));

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => shop.close());
const nx = Number(process.env['NX_INVOCATION_ROOT_PID']);
if (nx) setInterval(() => !isAlive(nx) && shop.close(), NX_CHECK_MS).unref();

process.exit(await shop.ended);
