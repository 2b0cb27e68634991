import { Controller } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import type { SaleFields } from '../payload.js';
import { type Outcome, readTask, type Task } from '../task.js';
import { never, tell } from '../told.js';
import { createStock } from './service.js';

const { topic } = readTask();
const TUNED = { heartbeatInterval: 250, sessionTimeout: 6_000, maxWaitTimeInMs: 100 };

@Controller()
class TellOfSale {
  @EventPattern(topic)
  handle(@Payload() sale: object): void {
    tell(sale as SaleFields);
  }
}

export async function measure(task: Task): Promise<Outcome> {
  const { service, options } = task;
  const consumer = { groupId: service, ...(options['tuned'] ? TUNED : {}) };
  const app = await createStock(task, [TellOfSale], [], { consumer });
  app.enableShutdownHooks(['SIGTERM'], { useProcessExit: true });
  await app.listen();
  return never();
}
