import { execFile } from 'node:child_process';
import type { Topology } from '@fieldguide/kafka/access-control';
import { ShopError } from '../shop-error.js';
import { mainOf, services } from '../shop/services.js';

/** Half a second where the machine has time. */
const PRINTED_WITHIN_MS = 60_000;

/** What all services need on the broker: each prints it with `--topology`, which needs nothing that runs. */
export function topologies(): Promise<Topology[]> {
  return Promise.all(services.map(({ name }) => topologyOf(name)));
}

function topologyOf(service: string): Promise<Topology> {
  const args = [mainOf(`apps/${service}`), '--topology'];
  // Jest's own options mean nothing to a service.
  const options = { env: { ...process.env, NODE_OPTIONS: '' }, timeout: PRINTED_WITHIN_MS };
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, options, (error, stdout, stderr) => {
      try {
        if (error) throw new ShopError(error.message);
        resolve(JSON.parse(stdout) as Topology);
      } catch (cause) {
        const said = stderr.trim().split('\n')[0] ?? '';
        const way = 'is it built? npm run build';
        reject(
          new ShopError(`${service} does not print its topology (${said || (cause as Error).message}): ${way}.`, {
            cause,
          }),
        );
      }
    });
  });
}
