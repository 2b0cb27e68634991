import { setTimeout as pause } from 'node:timers/promises';
import type { Outcome, Task } from '../measured/task.js';
import { Feed } from './feed.js';
import { Replica } from './replica.js';
import { Witness } from './witness.js';

const IDLE_MS = 500;

/**
 * Two replicas under a steady feed: one is stopped in good order, its successor is killed, and the last one is stopped
 * when there is nothing left to do.
 */
export async function handOver(task: Task, core: number | undefined): Promise<Outcome> {
  const witness = new Witness(task.partitions);
  const replicas: Replica[] = [];
  const start = async (number: number): Promise<Replica> => {
    const replica = await Replica.start(task, number, core, (from, told) => witness.hear(from, told));
    replicas.push(replica);
    return replica;
  };
  const feed = await Feed.start(task.brokers, task.topic, task.partitions);
  try {
    const [first, second] = [await start(1), await start(2)];
    const stopped = await gone(second, 'SIGTERM', first, witness);
    const third = await start(3);
    const killed = await gone(third, 'SIGKILL', first, witness);
    await feed.stop();
    await witness.all(feed.sent);
    await pause(IDLE_MS);
    const stop = -first.signal('SIGTERM') + (await first.ended);
    const again = { againStopped: stopped.again, againKilled: killed.again };
    return { metrics: { handOver: stopped.ms, takeover: killed.ms, stop, ...again }, problems: [] };
  } finally {
    for (const replica of replicas) replica.signal('SIGKILL');
    await feed.stop().catch(() => undefined);
  }
}

/** How long the leaver's partitions went without a handler, and what was handled once more for it. */
async function gone(
  leaver: Replica,
  how: NodeJS.Signals,
  heir: Replica,
  witness: Witness,
): Promise<{ ms: number; again: number }> {
  await witness.shared(heir.number, leaver.number);
  const partitions = witness.partitionsOf(leaver.number);
  const before = witness.again;
  const at = leaver.signal(how);
  const ms = await witness.takenOver(partitions, leaver.number, at);
  await leaver.ended;
  return { ms, again: witness.again - before };
}
