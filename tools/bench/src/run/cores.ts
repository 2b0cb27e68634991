import { onCore } from '@fieldguide/infra';
import { availableParallelism } from 'node:os';

export interface Cores {
  readonly broker: number | undefined;
  readonly measured: number | undefined;
  /** As a sentence. */
  readonly told: string;
}

/** One core for the broker and another for what is measured, so that neither takes the other's time. */
export async function coresToUse(): Promise<Cores> {
  if (availableParallelism() < 2) return unpinned('Nothing is pinned: there is one core only.');
  const { command } = await onCore(1, 'true', []);
  if (command !== 'taskset') return unpinned('Nothing is pinned: there is no taskset here.');
  return { broker: 0, measured: 1, told: 'The broker runs on core 0, what is measured on core 1.' };
}

export const unpinned = (told: string): Cores => ({ broker: undefined, measured: undefined, told });
