import { ClientKafka } from '@nestjs/microservices';
import { lastValueFrom } from 'rxjs';
import { publishByCallers } from '../callers.js';
import type { Outcome, Task } from '../task.js';

export async function measure(task: Task): Promise<Outcome> {
  const { brokers, service, topic } = task;
  const client = new ClientKafka({ client: { clientId: service, brokers: [...brokers] }, producerOnlyMode: true });
  await client.connect();
  return publishByCallers(task, (sale) => lastValueFrom(client.emit(topic, { key: sale.account, value: sale })));
}
