import { Controller, Inject } from '@nestjs/common';
import { ClientKafka, EventPattern, Payload } from '@nestjs/microservices';
import { Failing } from '../failing.js';
import type { SaleFields } from '../payload.js';
import { type Outcome, readTask, type Task } from '../task.js';
import { oneInTen } from '../trouble.js';
import { createStock } from './service.js';

const { topic } = readTask();

/** The recipe of many an article, as it is printed. */
@Controller()
class ReEmitSale {
  constructor(
    @Inject(Failing) private readonly failing: Failing,
    @Inject(ClientKafka) private readonly kafka: ClientKafka,
  ) {}

  @EventPattern(topic)
  async handle(@Payload() sale: object): Promise<void> {
    try {
      await this.failing.handle(sale as SaleFields);
    } catch {
      this.kafka.emit(topic, sale);
    }
  }
}

export async function measure(task: Task): Promise<Outcome> {
  const { brokers, service, partitions } = task;
  const failing = new Failing(task, oneInTen, () => new Error('the database is busy'));
  const client = new ClientKafka({
    client: { clientId: `${service}-emit`, brokers: [...brokers] },
    producerOnlyMode: true,
  });
  await client.connect();
  const providers = [
    { provide: Failing, useValue: failing },
    { provide: ClientKafka, useValue: client },
  ];
  const app = await createStock(task, [ReEmitSale], providers, { run: { partitionsConsumedConcurrently: partitions } });
  await app.listen();
  return failing.outcome();
}
