import { create, EventPublisher } from '@fieldguide/kafka';
import { publishByCallers } from '../callers.js';
import type { Outcome, Task } from '../task.js';
import { CheckedSale, Sale } from './contracts.js';
import { createService, listen } from './service.js';

export async function measure(task: Task): Promise<Outcome> {
  const contract = task.options['validated'] ? CheckedSale : Sale;
  const app = await createService(task, { contracts: [contract] });
  await listen(app);
  const events = app.get(EventPublisher);
  return publishByCallers(task, (sale) => events.publish(create(contract, sale)));
}
