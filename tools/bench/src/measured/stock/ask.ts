import { Controller } from '@nestjs/common';
import { ClientKafka, MessagePattern, Payload } from '@nestjs/microservices';
import { lastValueFrom } from 'rxjs';
import { ask } from '../asking.js';
import { type Outcome, readTask, type Task } from '../task.js';
import { createStock } from './service.js';

const { topic } = readTask();

@Controller()
class Repeat {
  @MessagePattern(topic)
  handle(@Payload() { n }: { n: number }): { n: number } {
    return { n };
  }
}

export async function measure(task: Task): Promise<Outcome> {
  const { brokers, service } = task;
  const app = await createStock(task, [Repeat], []);
  await app.listen();
  const client = new ClientKafka({
    client: { clientId: `${service}-asker`, brokers: [...brokers] },
    consumer: { groupId: `${service}-asker` },
  });
  client.subscribeToResponseOf(topic);
  await client.connect();
  return ask(task, async (n) => (await lastValueFrom(client.send<{ n: number }>(topic, { n }))).n);
}
