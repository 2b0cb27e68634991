import type { Shop } from '../shop.js';

/** What a replica says of itself. */
export interface ReplicaSeen {
  readonly replica: string;
  readonly pid: number;
  readonly state: string;
  /** Of its readiness. */
  readonly health: string;
  /** In lanes: records that wait for a handler or are in one. */
  readonly laneBytes: number;
  /** Resident memory. */
  readonly megabytes: number;
}

/** Of those that run. */
export async function replicasOf(shop: Shop): Promise<ReplicaSeen[]> {
  const replicas = (await shop.control.list()).filter(({ state }) => state === 'ready');
  return Promise.all(
    replicas.map(async ({ replica, pid, state }) => {
      const { body } = await shop.http<{ details: object }>(`${shop.control.url(replica)}/health/ready`);
      const laneBytes = await metric(shop, replica, 'kafka_lane_bytes');
      const megabytes = (await metric(shop, replica, 'process_resident_memory_bytes')) / 1_000_000;
      return { replica, pid, state, health: JSON.stringify(body.details), laneBytes, megabytes };
    }),
  );
}

/** All of a replica's numbers of this name, added up; one of them where its labels are named, too. */
export async function metric(shop: Shop, replica: string, name: string): Promise<number> {
  const { body } = await shop.http<string>(`${shop.control.url(replica)}/metrics`);
  const numbers = body.split('\n').filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`));
  return numbers.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
}
