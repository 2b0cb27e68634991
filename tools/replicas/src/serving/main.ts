import { parseArgs } from 'node:util';
import { MOST_REPLICAS, services, type ServiceName } from '../shop/services.js';
import { startShop } from '../shop/shop.js';
import { explain, ShopError } from '../shop-error.js';
import { Prefixes } from '../shown/colours.js';
import { welcome } from '../shown/welcome.js';
import { Lifeline } from './apart.js';

const LONGEST_NAME = 'payment-provider'.length;

const prefixes = new Prefixes(LONGEST_NAME);
const ending = new AbortController();
let exitCode = 0;

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => ending.abort());
// The terminal or Nx is gone; what is still said has no reader.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => ending.abort());
const lifeline = new Lifeline(() => ending.abort());

try {
  const shop = await startShop({
    name: 'npm start',
    replicas: wantedReplicas(process.argv.slice(2)),
    watch: true,
    say: (line) => console.log(prefixes.put('shop', line)),
    onOutput: (replica, line) => console.log(prefixes.put(replica, line)),
    onLost: (reason) => {
      console.error(reason);
      exitCode = 1;
      ending.abort();
    },
    signal: ending.signal,
  });
  if (!ending.signal.aborted) console.log(welcome(shop));
  if (!ending.signal.aborted) await new Promise((resolve) => ending.signal.addEventListener('abort', resolve));
  await shop.stop();
} catch (error) {
  if (!ending.signal.aborted) {
    console.error(explain(error));
    exitCode = 1;
  }
}
lifeline.exit(exitCode);

/** `--replicas billing=3 --replicas orders=2`, or `--replicas billing=3,orders=2`. */
function wantedReplicas(args: string[]): Partial<Record<ServiceName, number>> {
  const wanted: Partial<Record<ServiceName, number>> = {};
  for (const text of readOptions(args).flatMap((value) => value.split(','))) {
    const [name, count = ''] = text.split('=');
    const service = services.find((known) => known.name === name);
    if (!service || !/^\d+$/.test(count) || Number(count) > MOST_REPLICAS)
      throw new ShopError(
        `--replicas takes <service>=<number> with a number up to ${MOST_REPLICAS}, such as billing=3, not ${JSON.stringify(text)}; the services are ${services.map((known) => known.name).join(', ')}.`,
      );
    wanted[service.name] = Number(count);
  }
  return wanted;
}

function readOptions(args: string[]): string[] {
  try {
    return parseArgs({ args, options: { replicas: { type: 'string', multiple: true } } }).values.replicas ?? [];
  } catch (error) {
    throw new ShopError(`${(error as Error).message.split('.')[0]}. There is one option: --replicas billing=3.`);
  }
}
