import { HandleEvent } from '@fieldguide/kafka';
import { Controller, Inject, ValidationPipe } from '@nestjs/common';
import { Handled } from '../handled.js';
import { AllowAll, AsItIs, PassThrough } from '../nest.js';
import type { Outcome, Task } from '../task.js';
import { CheckedSale, Sale } from './contracts.js';
import { createService, listen } from './service.js';

@Controller()
class NoteSale {
  constructor(@Inject(Handled) private readonly handled: Handled) {}

  @HandleEvent(Sale)
  handle(sale: Sale): Promise<void> {
    return this.handled.handle(sale);
  }
}

@Controller()
class NoteSaleBesideOthers {
  constructor(@Inject(Handled) private readonly handled: Handled) {}

  @HandleEvent(Sale, { concurrency: 16 })
  handle(sale: Sale): Promise<void> {
    return this.handled.handle(sale);
  }
}

@Controller()
class NoteCheckedSale {
  constructor(@Inject(Handled) private readonly handled: Handled) {}

  @HandleEvent(CheckedSale)
  handle(sale: CheckedSale): Promise<void> {
    return this.handled.handle(sale);
  }
}

export async function measure(task: Task): Promise<Outcome> {
  const handled = new Handled(task);
  const full = task.options['validated'] === true;
  const app = await createService(task, {
    contracts: [full ? CheckedSale : Sale],
    controllers: [full ? NoteCheckedSale : task.options['concurrent'] ? NoteSaleBesideOthers : NoteSale],
    providers: [{ provide: Handled, useValue: handled }],
  });
  if (full) {
    // The transport has validated; a ValidationPipe does it once more.
    const twice = task.options['twice'] === true;
    app.useGlobalPipes(twice ? new ValidationPipe({ transform: true, whitelist: true }) : new AsItIs());
    app.useGlobalGuards(new AllowAll());
    app.useGlobalInterceptors(new PassThrough());
  }
  await listen(app);
  return handled.outcome();
}
