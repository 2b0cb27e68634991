import type { KafkaOptions } from '@nestjs/microservices';
import { StockBroker } from '../stock-broker.js';
import { hearer, startStock } from '../stock-service.js';

/** A service in a process of its own, which may be killed: says what it hears, and never ends with the third of it. */
const [topic = '', run = '{}'] = process.argv.slice(2);
let heard = 0;

const handler = hearer(topic, async (payload) => {
  process.send?.(payload);
  if (++heard === 3) await new Promise(() => undefined);
});
const options = { run: JSON.parse(run) as NonNullable<KafkaOptions['options']>['run'] };
await startStock(await StockBroker.connect(), topic, [handler], {
  ...options,
  consumer: { sessionTimeout: 2_000, heartbeatInterval: 200 },
});
