import { EventForwarder } from '@fieldguide/kafka';
import { type DynamicModule, Module } from '@nestjs/common';
import type { Outcome, Task } from '../task.js';
import { Window } from '../window.js';
import { Sale } from './contracts.js';
import { databaseModule, hearRelay, outboxModule } from './database.js';
import { createService, listen } from './service.js';

@Module({})
class Nobody {}

let taken = 0;

/** A broker that has all at once: what is left is PostgreSQL's part. */
const nobody: DynamicModule = {
  module: Nobody,
  providers: [
    {
      provide: EventForwarder,
      useValue: {
        forward: (events: readonly unknown[]) => {
          taken += events.length;
          return Promise.resolve(events.map(() => undefined));
        },
        close: () => Promise.resolve(),
      },
    },
  ],
  exports: [EventForwarder],
};

/** Relays what waits in the outbox, and looks at memory from one percent of it to the next. */
export async function measure(task: Task): Promise<Outcome> {
  const window = new Window(task);
  const total = task.warmUp + task.measured;
  const samples: number[] = [];
  const toNobody = task.options['toNobody'] === true;
  const imports = [databaseModule(task), outboxModule(task, toNobody ? [nobody] : [])];
  const app = await createService(task, { contracts: [Sale], imports });
  // That the oldest of them is late is what a full outbox says.
  app.useLogger(['error']);
  hearRelay(app, (events) => {
    window.tick(events);
    if (window.count >= ((samples.length + 1) * total) / 100) samples.push(process.memoryUsage.rss() / 1024 ** 2);
  });
  await listen(app);
  const metrics = await window.metrics;
  const problems = toNobody && taken !== total ? [`nobody was given ${taken} events instead of ${total}`] : [];
  return { metrics: { ...metrics, ...memory(samples) }, problems };
}

/** The most of the second quarter and of the last one, in MB: flat is what does not grow from there. */
function memory(samples: readonly number[]): { secondQuarter: number; lastQuarter: number; growth: number } {
  const quarter = Math.floor(samples.length / 4);
  const secondQuarter = Math.max(...samples.slice(quarter, 2 * quarter));
  const lastQuarter = Math.max(...samples.slice(-quarter));
  return { secondQuarter, lastQuarter, growth: lastQuarter / secondQuarter };
}
