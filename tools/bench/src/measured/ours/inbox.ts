import { HandleEvent } from '@fieldguide/kafka';
import { InboxModule, Once, PgTransactions } from '@fieldguide/outbox';
import { Controller, Inject } from '@nestjs/common';
import { Handled } from '../handled.js';
import { noteSale, notedProblems } from '../noted.js';
import type { Outcome, Task } from '../task.js';
import { Sale } from './contracts.js';
import { databaseModule } from './database.js';
import { createService, listen } from './service.js';

@Controller()
class NoteSale {
  constructor(
    @Inject(PgTransactions) private readonly transactions: PgTransactions,
    @Inject(Handled) private readonly handled: Handled,
  ) {}

  @HandleEvent(Sale)
  @Once()
  async handle(sale: Sale): Promise<void> {
    await noteSale(this.transactions.db, sale);
    this.handled.note(sale);
  }
}

@Controller()
class NoteSalesTogether {
  constructor(
    @Inject(PgTransactions) private readonly transactions: PgTransactions,
    @Inject(Handled) private readonly handled: Handled,
  ) {}

  @HandleEvent(Sale, { batch: 500 })
  @Once()
  async handle(sale: Sale): Promise<void> {
    await noteSale(this.transactions.db, sale);
    this.handled.note(sale);
  }
}

export async function measure(task: Task): Promise<Outcome> {
  const handled = new Handled(task);
  const app = await createService(task, {
    contracts: [Sale],
    controllers: [task.options['batch'] ? NoteSalesTogether : NoteSale],
    imports: [databaseModule(task), InboxModule.forService()],
    providers: [{ provide: Handled, useValue: handled }],
  });
  await listen(app);
  const { metrics, problems } = await handled.outcome();
  return { metrics, problems: [...problems, ...(await notedProblems(task))] };
}
