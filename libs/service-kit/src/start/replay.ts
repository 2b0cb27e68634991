import { type KafkaSettings, runReplay } from '@fieldguide/kafka';
import { ConsoleLogger, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { redact } from '../logging/redact.js';

/** What a config class of a service has for it. */
export interface MessagingConfig {
  readonly kafka: KafkaSettings;
}

/**
 * `main.js --replay …`: the service's own handlers, and neither HTTP nor the groups of a replica. The result goes to stdout,
 * what goes on to stderr. @returns the exit code
 */
export async function replay(appModule: Type, config: () => MessagingConfig, args: string[]): Promise<number> {
  const ending = new AbortController();
  const end = (): void => ending.abort();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, end);
  const createApp = () => NestFactory.create(appModule, { logger: new ReplayLogger(), abortOnError: false });
  const replayed = runReplay({ appModule, settings: () => config().kafka, createApp }, args, {
    out: (line) => process.stdout.write(`${redact(line)}\n`),
    progress: (line) => process.stderr.write(`${redact(line)}\n`),
    signal: ending.signal,
  });
  // While one listens, a failed start takes it for a service that has to be stopped.
  return replayed.finally(() => process.removeListener('SIGINT', end).removeListener('SIGTERM', end));
}

/** Of a replay's many messages only what is wrong is worth a line, and none may stand between the documents on stdout. */
class ReplayLogger extends ConsoleLogger {
  constructor() {
    super({ colors: false, compact: true, logLevels: ['warn', 'error', 'fatal'] });
  }

  protected override printMessages(messages: unknown[]): void {
    for (const message of messages) process.stderr.write(`${redact(this.stringifyMessage(message, 'warn'))}\n`);
  }
}
