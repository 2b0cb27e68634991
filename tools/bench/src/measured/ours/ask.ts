import { create, HandleRequest, repliesWith, Request, Requester } from '@fieldguide/kafka';
import { Controller } from '@nestjs/common';
import { ask } from '../asking.js';
import { type Outcome, readTask, type Task } from '../task.js';
import { createService, listen } from './service.js';

const { topic, partitions } = readTask();
/** Stock NestJS has none: a machine that is busy must not end the run. */
const WITHIN_MS = 60_000;

class Answer {
  n!: number;
}

@Request(topic, { reply: Answer, example: { n: 1 }, partitions })
class Question {
  declare readonly [repliesWith]: Answer;
  n!: number;
}

@Controller()
class Repeat {
  @HandleRequest(Question)
  handle({ n }: Question): Answer {
    return { n };
  }
}

export async function measure(task: Task): Promise<Outcome> {
  const app = await createService(task, { contracts: [Question], asks: [Question], controllers: [Repeat] });
  await listen(app);
  const requester = app.get(Requester);
  return ask(task, async (n) => (await requester.ask(create(Question, { n }), { timeoutMs: WITHIN_MS })).n);
}
