import type { System } from '@fieldguide/infra';
import type { ReplicaStatus } from '../supervisor/replica.js';

/** What can be done to the replicas of a running shop. Each call rejects with a sentence where it cannot be done. */
export interface ShopControl {
  /** The replicas of the services; the payment provider (`payment-provider`) too where the outside world is asked for. */
  list(which?: { outsideWorld?: boolean }): Promise<ReplicaStatus[]>;
  /** Resolves when it is ready. A replica that is not there yet (`billing-3`) is added. */
  start(replica: string): Promise<ReplicaStatus>;
  /** SIGTERM; resolves when it has ended, with how. */
  stop(replica: string): Promise<ReplicaStatus>;
  /** SIGKILL; resolves when it has ended. */
  kill(replica: string): Promise<ReplicaStatus>;
  /** SIGSTOP: it holds its connections and does nothing. */
  pause(replica: string): Promise<ReplicaStatus>;
  /** SIGCONT. */
  resume(replica: string): Promise<ReplicaStatus>;
  /** Stops it if it runs, then starts it; resolves when it is ready. */
  restart(replica: string): Promise<ReplicaStatus>;
  /** Where it listens, or last did. */
  url(replica: string): string;
  /** What runs where, now. */
  readonly system: System;
}

/** What a person can type. */
export const ACTIONS = ['start', 'stop', 'kill', 'pause', 'resume', 'restart'] as const;
export type Action = (typeof ACTIONS)[number];
