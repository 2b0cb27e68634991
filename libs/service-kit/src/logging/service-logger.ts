import { currentCorrelationId } from '@fieldguide/kafka';
import { ConsoleLogger, type LogLevel } from '@nestjs/common';
import { redact } from './redact.js';

export interface LoggerSettings {
  readonly service: string;
  /** `billing-2` */
  readonly replicaName: string;
  /** One JSON object a line; else lines for people. */
  readonly production: boolean;
  /** The least important lines that are written. Default: `log`. */
  readonly logLevel?: LogThreshold;
}

/** From the most talkative on. `log` is Nest's word for what others call info. */
export const LOG_THRESHOLDS = ['verbose', 'debug', 'log', 'warn', 'error'] as const;
export type LogThreshold = (typeof LOG_THRESHOLDS)[number];

/** What Nest says about its own start, at every start the same: each route, each module. */
const NOISE = [
  'InstanceLoader',
  'NestApplication',
  'NestFactory',
  'NestMicroservice',
  'RouterExplorer',
  'RoutesResolver',
];
/** Where Nest logs why it could not start, with a stack trace; as with a taken port, `startOrExit` says it in a sentence. */
const START_ERRORS = 'ExceptionHandler';

/** Each line tells service, replica and correlation id, and holds no mail address, card token or card number. */
export class ServiceLogger extends ConsoleLogger {
  constructor(private readonly settings: LoggerSettings) {
    const least = LOG_THRESHOLDS.indexOf(settings.logLevel ?? 'log');
    const logLevels: LogLevel[] = [...LOG_THRESHOLDS.slice(least), 'fatal'];
    super({ json: settings.production, colors: false, compact: true, logLevels });
  }

  protected override printMessages(
    messages: unknown[],
    context = '',
    level: LogLevel = 'log',
    stream?: 'stdout' | 'stderr',
    stack?: unknown,
    params?: Record<string, unknown>,
  ): void {
    const isNoise = level === 'log' && NOISE.includes(context);
    if (isNoise || context === START_ERRORS || String(messages[0]).includes('listen EADDRINUSE')) return;
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
    const time = new Date(plain.timestamp).toISOString();
    return { time, ...plain, service, replica, correlationId: currentCorrelationId() };
  }

  protected override stringifyReplacer(key: string, value: unknown): unknown {
    const plain = super.stringifyReplacer(key, value);
    return typeof plain === 'string' ? redact(plain) : plain;
  }

  protected override printStackTrace(stack?: string): void {
    if (stack) super.printStackTrace(redact(stack));
  }
}
