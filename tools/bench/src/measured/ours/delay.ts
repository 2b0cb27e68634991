import { create, EventPublisher, HandleEvent, KafkaMetrics } from '@fieldguide/kafka';
import { Outbox, PgTransactions } from '@fieldguide/outbox';
import { Controller, type INestApplication } from '@nestjs/common';
import { fork } from 'node:child_process';
import type { Gauge } from 'prom-client';
import { percentiles } from '../callers.js';
import { saleFields } from '../payload.js';
import type { Outcome, Task } from '../task.js';
import { Window } from '../window.js';
import { Sale } from './contracts.js';
import { databaseModule, outboxModule } from './database.js';
import type { RelayTold } from './relay-replica.js';
import { createService, listen } from './service.js';

let heard: (at: number) => void = () => undefined;

@Controller()
class HearSale {
  @HandleEvent(Sale)
  handle(_sale: Sale): void {
    heard(performance.now());
  }
}

/** One event at a time: from when it is said, or what it tells of is committed, until its handler is called. */
export async function measure(task: Task): Promise<Outcome> {
  const relay = String(task.options['relay']);
  if (relay === 'elsewhere') await relayElsewhere(task);
  const imports = relay === 'none' ? [] : [databaseModule(task), outboxModule(task)];
  const app = await createService(task, { contracts: [Sale], controllers: [HearSale], imports });
  await listen(app);
  const say = relay === 'none' ? direct(app) : stored(app);
  const window = new Window(task);
  const delays = new Float64Array(task.measured);
  for (let number = 0; number < task.warmUp + task.measured; number++) {
    const hears = new Promise<number>((resolve) => (heard = resolve));
    const saidAt = await say(create(Sale, saleFields(0, number)));
    const at = (await hears) - saidAt;
    if (number >= task.warmUp) delays[number - task.warmUp] = at;
    window.tick();
  }
  return { metrics: { ...(await window.metrics), ...percentiles(delays) }, problems: await problemsOf(app, relay) };
}

function direct(app: INestApplication): (sale: Sale) => Promise<number> {
  const events = app.get(EventPublisher);
  return (sale) => {
    const at = performance.now();
    void events.publish(sale);
    return Promise.resolve(at);
  };
}

function stored(app: INestApplication): (sale: Sale) => Promise<number> {
  const [transactions, outbox] = [app.get(PgTransactions), app.get(Outbox)];
  return async (sale) => {
    await transactions.withTransaction(() => outbox.add(sale));
    return performance.now();
  };
}

/** Another replica, that has the relay's place when this resolves. It ends with this process. */
function relayElsewhere(task: Task): Promise<void> {
  const program = 'ours/relay-replica';
  const child = fork(process.argv[1] ?? '', [JSON.stringify({ ...task, program })]);
  return new Promise((resolve, reject) => {
    child.on('message', ({ what }: RelayTold) => what === 'relays' && resolve());
    child.once('exit', () => reject(new Error('The replica that was to relay has ended.')));
  });
}

/** Whether it was who should who relayed. */
async function problemsOf(app: INestApplication, relay: string): Promise<string[]> {
  const gauge = app.get(KafkaMetrics).registry.getSingleMetric('outbox_relay_active') as Gauge | undefined;
  const here = (await gauge?.get())?.values[0]?.value === 1;
  return here === (relay === 'here') ? [] : [`the relay was ${here ? '' : 'not '}in this replica`];
}
