import { setTimeout } from 'node:timers/promises';
import { types } from 'node:util';
import { topologyOf } from '@fieldguide/kafka';
import { type INestApplication, Logger, type Type } from '@nestjs/common';
import { ConfigModule } from '@nestjs/config';
import { ConfigError } from '../config/config-error.js';
import { readConfig } from '../config/read-config.js';
import { redact } from '../logging/redact.js';
import { type MessagingConfig, replay } from './replay.js';

/** How long a start that failed may take to stop what runs already. */
const STOP_MS = 3_000;

/**
 * Runs a service's `main`. With `--topology` it prints what the service needs on the broker, and needs nothing itself. With
 * `--replay` it hands events of the past to the service's handlers, and ends.
 * What can go wrong at a start ends in a sentence and exit code 1; only what nobody foresaw brings its stack trace.
 */
export async function startOrExit<C extends MessagingConfig>(
  appModule: Type,
  configClass: new () => C,
  start: (config: C) => Promise<INestApplication>,
): Promise<void> {
  try {
    if (process.argv.includes('--topology')) return print(await topologyOf(appModule));
    await ConfigModule.envVariablesLoaded;
    if (process.argv.includes('--replay')) {
      process.exitCode = await replay(appModule, () => readConfig(configClass, process.env), process.argv.slice(2));
      return;
    }
    const app = await start(readConfig(configClass, process.env));
    new Logger('Start').log(`Ready at ${await app.getUrl()}`);
  } catch (error) {
    // What a variable should look like is no secret, though it may look like one.
    const text = error instanceof ConfigError ? error.message : redact(explain(error));
    process.stderr.write(`${text}\n`);
    await stopWhatRuns();
    process.exit(1);
  }
}

/**
 * A start can fail when half of the service runs: its port is taken, but it has joined its group, which would wait for it
 * until its session ends. Nest's own shutdown, as at a signal, leaves the group.
 */
async function stopWhatRuns(): Promise<void> {
  if (process.listenerCount('SIGTERM') === 0) return;
  process.once('exit', () => (process.exitCode = 1));
  process.emit('SIGTERM', 'SIGTERM');
  await setTimeout(STOP_MS);
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
