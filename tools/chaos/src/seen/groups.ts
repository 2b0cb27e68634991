import type { ShopControl } from '@fieldguide/replicas';
import type { ShopBroker } from './broker.js';
import { seconds, until } from './waiting.js';

const STABLE_WITHIN_MS = 60_000;

/** Waits until exactly the replicas that run are in their service's group, and tells how long that took, and who has what. */
export async function groupSettles(
  service: string,
  { control, broker, signal }: { control: ShopControl; broker: ShopBroker; signal: AbortSignal },
): Promise<string> {
  const begun = Date.now();
  try {
    const shares = await until(`group ${service} is stable`, { withinMs: STABLE_WITHIN_MS, signal }, async () => {
      const running = await readyReplicas(control, service);
      const members = await broker.members(service);
      const isAll = members.size === running.length && running.every((replica) => members.has(replica));
      return isAll && members;
    });
    const told = [...shares].sort().map(([replica, partitions]) => `${replica} has ${partitions}`);
    return `group ${service} stable after ${seconds(Date.now() - begun)}, ${told.join(', ')}`;
  } catch (error) {
    signal.throwIfAborted();
    return (error as Error).message;
  }
}

async function readyReplicas(control: ShopControl, service: string): Promise<string[]> {
  const all = await control.list();
  return all
    .filter((replica) => replica.service === service && replica.state === 'ready')
    .map(({ replica }) => replica);
}
