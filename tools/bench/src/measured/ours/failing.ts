import { DependencyDownError, HandleEvent, type HandleEventOptions } from '@fieldguide/kafka';
import { Controller, Inject } from '@nestjs/common';
import { Failing } from '../failing.js';
import { type Outcome, readTask, type Task } from '../task.js';
import { noTrouble, oneInTen, outage } from '../trouble.js';
import { Sale } from './contracts.js';
import { createService, listen } from './service.js';

const { policy, delayMs } = readTask().options;

/** What a handler says of its failures; `default`: nothing. */
const POLICIES: Readonly<Record<string, HandleEventOptions>> = {
  default: {},
  'in-place': { retryDelaysMs: [] },
  'in-place-by-key': { retryDelaysMs: [], concurrency: 16 },
  'keep-order': { onFailure: 'keep-order' },
  'retry-topics': { retryPausesMs: [], retryDelaysMs: [Number(delayMs)] },
};

@Controller()
class NoteSale {
  constructor(@Inject(Failing) private readonly failing: Failing) {}

  @HandleEvent(Sale, POLICIES[String(policy)] ?? {})
  handle(sale: Sale): Promise<void> {
    return this.failing.handle(sale);
  }
}

export async function measure(task: Task): Promise<Outcome> {
  const failing = failingIn(task);
  const providers = [{ provide: Failing, useValue: failing }];
  const app = await createService(task, { contracts: [Sale], controllers: [NoteSale], providers });
  // A line for each failure would be measured as well, and stock NestJS is silent here, too.
  app.useLogger(['error']);
  await listen(app);
  return failing.outcome();
}

function failingIn(task: Task): Failing {
  const { warmUp, measured, options } = task;
  const outageMs = Number(options['outageMs'] ?? 0);
  if (outageMs > 0) {
    const away = (): Error => new DependencyDownError('the payment provider');
    return new Failing(task, outage(warmUp + Math.ceil(measured / 4), outageMs), away);
  }
  return new Failing(task, options['failing'] ? oneInTen : noTrouble, () => new Error('the database is busy'));
}
