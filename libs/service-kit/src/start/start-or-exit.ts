import { types } from 'node:util';
import { topologyOf } from '@fieldguide/kafka';
import { type INestApplication, Logger, type Type } from '@nestjs/common';
import { ConfigModule } from '@nestjs/config';
import { readConfig } from '../config/read-config.js';
import { redact } from '../logging/redact.js';

/**
 * Runs a service's `main`. With `--topology` it prints what the service needs on the broker, and needs nothing itself.
 * What can go wrong at a start ends in a sentence and exit code 1; only what nobody foresaw brings its stack trace.
 */
export async function startOrExit<C extends object>(
  appModule: Type,
  configClass: new () => C,
  start: (config: C) => Promise<INestApplication>,
): Promise<void> {
  try {
    if (process.argv.includes('--topology')) return print(await topologyOf(appModule));
    await ConfigModule.envVariablesLoaded;
    const app = await start(readConfig(configClass, process.env));
    new Logger('Start').log(`Ready at ${await app.getUrl()}`);
  } catch (error) {
    process.stderr.write(`${redact(explain(error))}\n`);
    process.exit(1);
  }
}

function print(topology: object): void {
  process.stdout.write(`${JSON.stringify(topology, null, 2)}\n`);
}

/** Our own errors have a `code` and a sentence as their message; Node's have codes too, and messages for programmers. */
export function explain(error: unknown): string {
  if (!types.isNativeError(error)) return String(error);
  const { code, address, port } = error as Error & { code?: unknown; address?: string; port?: number };
  if (code === 'EADDRINUSE') return `${address}:${port} is taken by another process: stop it, or choose another port.`;
  if (code === 'EACCES' && port) return `${address}:${port} may not be listened on by this user: choose another port.`;
  const known = typeof code === 'string' && !code.startsWith('ERR_');
  return known ? error.message : (error.stack ?? error.message);
}
