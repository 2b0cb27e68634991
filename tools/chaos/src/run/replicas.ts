import type { ReplicaStatus, ShopControl } from '@fieldguide/replicas';
import { until } from '../seen/waiting.js';

/** A replica that starts while the broker or the database is away may have to start more than once. */
const READY_WITHIN_MS = 180_000;

/** Resolves when the replica is ready, whatever state it was in. Rejects with a sentence where it does not get ready in time. */
export async function bringUp(control: ShopControl, replica: string): Promise<void> {
  await until(`${replica} is ready`, { withinMs: READY_WITHIN_MS }, async () => {
    const status = await statusOf(control, replica);
    if (status?.state === 'ready') return true;
    if (status?.state === 'paused') await control.resume(replica);
    else if (status?.state !== 'starting') await control.start(replica);
    return false;
  });
}

/** Resolves when the replica does not run, whatever state it was in. */
export async function takeDown(control: ShopControl, replica: string): Promise<void> {
  const state = (await statusOf(control, replica))?.state;
  if (state === 'ready' || state === 'starting' || state === 'paused') await control.stop(replica);
}

async function statusOf(control: ShopControl, replica: string): Promise<ReplicaStatus | undefined> {
  return (await control.list()).find((known) => known.replica === replica);
}
