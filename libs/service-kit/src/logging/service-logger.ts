import { currentCorrelationId } from '@fieldguide/kafka';
import { ConsoleLogger, type LogLevel } from '@nestjs/common';
import { redact } from './redact.js';

export interface LoggerSettings {
  readonly service: string;
  /** `billing-2` */
  readonly replicaName: string;
  /** One JSON object a line; else lines for people. */
  readonly production: boolean;
}

/** What Nest says about its own start, at every start the same: each route, each module. */
const NOISE = ['InstanceLoader', 'RouterExplorer', 'RoutesResolver', 'NestFactory'];
/** Where Nest logs why it could not start, with a stack trace. `startOrExit` says the same in a sentence. */
const START_ERRORS = 'ExceptionHandler';

/** Each line tells service, replica and correlation id, and holds no mail address, card token or card number. */
export class ServiceLogger extends ConsoleLogger {
  constructor(private readonly settings: LoggerSettings) {
    super({ json: settings.production, colors: false, compact: true });
  }

  protected override printMessages(
    messages: unknown[],
    context = '',
    level: LogLevel = 'log',
    stream?: 'stdout' | 'stderr',
    stack?: unknown,
    params?: Record<string, unknown>,
  ): void {
    if (context === START_ERRORS || (level === 'log' && NOISE.includes(context))) return;
    super.printMessages(messages, context, level, stream, stack, params);
  }

  protected override formatMessage(
    level: LogLevel,
    message: unknown,
    _pid: string,
    _level: string,
    context: string,
    _timestampDiff: string,
    params?: Record<string, unknown>,
  ): string {
    const text = this.stringifyMessage(message, level) + (params ? ` ${this.stringifyParams(params)}` : '');
    const correlationId = currentCorrelationId();
    const correlation = correlationId ? ` (${correlationId})` : '';
    const head = `${new Date().toISOString()} ${level.toUpperCase().padEnd(5)} ${this.settings.replicaName}`;
    return `${head} ${context}${redact(text + correlation)}\n`;
  }

  protected override getJsonLogObject(
    message: unknown,
    options: Parameters<ConsoleLogger['getJsonLogObject']>[1],
  ): ReturnType<ConsoleLogger['getJsonLogObject']> {
    const { service, replicaName: replica } = this.settings;
    const plain = super.getJsonLogObject(message, options);
    return {
      time: new Date(plain.timestamp).toISOString(),
      ...plain,
      service,
      replica,
      correlationId: currentCorrelationId(),
    };
  }

  protected override stringifyReplacer(key: string, value: unknown): unknown {
    const plain = super.stringifyReplacer(key, value);
    return typeof plain === 'string' ? redact(plain) : plain;
  }

  protected override printStackTrace(stack?: string): void {
    if (stack) super.printStackTrace(redact(stack));
  }
}
