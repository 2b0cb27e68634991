import type { KafkaContext, KafkaOptions } from '@nestjs/microservices';
import { StockBroker } from '../stock-broker.js';
import { hearer, startStock } from '../stock-service.js';

/** A replica on stock NestJS in a process of its own, for specs that kill one. It says over IPC what it has handled. */
export interface StockMemberOptions {
  readonly topic: string;
  readonly run?: NonNullable<KafkaOptions['options']>['run'];
  /** What its handler commits itself, when it has handled; default: nothing. */
  readonly commits?: 'offset' | 'offset + 1';
  /** A payload whose handler never ends here. */
  readonly stuckOn?: string;
}

/** `begun` of the one that it is stuck on. */
export type StockMemberReport = { readonly handled: string } | { readonly begun: string };

const options = JSON.parse(process.env['STOCK_MEMBER_OPTIONS'] ?? '{}') as StockMemberOptions;
const { topic, run = {}, commits, stuckOn } = options;

const report = (what: StockMemberReport): Promise<void> =>
  new Promise((resolve, reject) =>
    process.send?.(what, undefined, undefined, (error) => (error ? reject(error) : resolve())),
  );

/** As NestJS' documentation has it, and put right: what is committed is where to go on. */
async function commit(context: KafkaContext): Promise<void> {
  const { offset } = context.getMessage();
  const position = commits === 'offset' ? offset : `${BigInt(offset) + 1n}`;
  const place = { topic: context.getTopic(), partition: context.getPartition() };
  await context.getConsumer().commitOffsets([{ ...place, offset: position }]);
}

async function handle(payload: unknown, context: KafkaContext): Promise<void> {
  if (payload === stuckOn) {
    await report({ begun: String(payload) });
    return new Promise(() => undefined);
  }
  await report({ handled: String(payload) });
  if (commits) await commit(context);
}

// Whoever started it is gone.
process.on('disconnect', () => process.exit(1));
// The next one gets the partition of a killed one when its session ends.
const consumer = { sessionTimeout: 1_500, heartbeatInterval: 200 };
await startStock(await StockBroker.connect(), topic, [hearer(topic, handle)], { run, consumer });
