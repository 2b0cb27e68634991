import { create, Event, EventPublisher, HandleEvent } from '@fieldguide/kafka';
import { Controller, Inject } from '@nestjs/common';
import { Handled } from '../handled.js';
import { saleFields } from '../payload.js';
import { type Outcome, readTask, type Task } from '../task.js';
import { Sale } from './contracts.js';
import { createService, listen } from './service.js';

const { topic, partitions } = readTask();
/** So many may be on their way before the handler waits. */
const IN_FLIGHT = 2_000;

@Event(topic.replace('.sale.', '.booking.'), { key: 'account', example: { ...saleFields(0, 0) }, partitions })
class Booking {
  account!: string;
  sequence!: number;
  customerEmail!: string;
  sku!: string;
  quantity!: number;
  note!: string;
}

/** What comes in goes out again. */
@Controller()
class BookSale {
  #onTheWay = 0;

  constructor(
    @Inject(EventPublisher) private readonly events: EventPublisher,
    @Inject(Handled) private readonly handled: Handled,
  ) {}

  @HandleEvent(Sale)
  async handle(sale: Sale): Promise<void> {
    this.#onTheWay++;
    const booked = this.events.publish(create(Booking, { ...sale })).then(() => {
      this.#onTheWay--;
      this.handled.note(sale);
    });
    if (this.#onTheWay >= IN_FLIGHT) await booked;
  }
}

/** Memory in the course of many messages, from one percent of them to the next. */
export async function measure(task: Task): Promise<Outcome> {
  const samples: number[] = [];
  const every = Math.max(1, Math.floor(task.measured / 100));
  const handled = new Handled(task, (count) => {
    if (count % every === 0) samples.push(process.memoryUsage.rss() / 1024 ** 2);
  });
  const providers = [{ provide: Handled, useValue: handled }];
  await listen(await createService(task, { contracts: [Sale, Booking], controllers: [BookSale], providers }));
  const { metrics, problems } = await handled.outcome();
  const tenth = samples.length / 10;
  const secondTenth = medianOf(samples.slice(tenth, 2 * tenth));
  const lastTenth = medianOf(samples.slice(-tenth));
  return { metrics: { ...metrics, secondTenth, lastTenth, growth: lastTenth / secondTenth }, problems };
}

const medianOf = (values: number[]): number => values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
