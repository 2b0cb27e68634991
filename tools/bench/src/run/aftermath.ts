import type { Task } from '../measured/task.js';
import type { Topics } from './topics.js';

/** What a run has left on the broker beside the messages that it was given, for a thousand of these. */
export async function aftermath(
  { service, topic, keys, warmUp, measured }: Task,
  topics: Topics,
): Promise<{ elsewhere: number; extra: number }> {
  const given = warmUp + measured;
  const perThousand = (count: number): number => ((count - given) * 1_000) / given;
  return {
    // As any other group of the topic would, from its begin to its end.
    elsewhere: perThousand((await topics.seenIn(topic, keys)).count),
    extra: perThousand(await topics.recordsOf(service)),
  };
}
