import { never } from '../told.js';
import type { Outcome, Task } from '../task.js';
import { Sale } from './contracts.js';
import { databaseModule, hearRelay, outboxModule } from './database.js';
import { createService, listen } from './service.js';

/** What a replica tells of its relay. */
export interface RelayTold {
  readonly what: 'started' | 'relays' | 'relayed';
  readonly at: number;
}

const tell = (what: RelayTold['what']): void => void process.send?.({ what, at: Date.now() } satisfies RelayTold);

/** One of several: runs until it is stopped. */
export async function measure(task: Task): Promise<Outcome> {
  const app = await createService(task, { contracts: [Sale], imports: [databaseModule(task), outboxModule(task)] });
  hearRelay(
    app,
    () => tell('relayed'),
    () => tell('relays'),
  );
  await listen(app);
  tell('started');
  return never();
}
