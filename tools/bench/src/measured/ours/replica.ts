import { HandleEvent } from '@fieldguide/kafka';
import { Controller } from '@nestjs/common';
import { never, tell } from '../told.js';
import type { Outcome, Task } from '../task.js';
import { Sale } from './contracts.js';
import { createService, listen } from './service.js';

@Controller()
class TellOfSale {
  @HandleEvent(Sale)
  handle(sale: Sale): void {
    tell(sale);
  }
}

/** One of several replicas: runs until it is stopped. */
export async function measure(task: Task): Promise<Outcome> {
  const replica = Number(task.options['replica']);
  const app = await createService(task, { contracts: [Sale], controllers: [TellOfSale], replica });
  app.enableShutdownHooks(['SIGTERM'], { useProcessExit: true });
  await listen(app);
  return never();
}
