import { home, readSystem, type System } from '@fieldguide/infra';
import type { Action, ShopControl } from './shop-control.js';
import { ShopError } from '../shop-error.js';
import { type Claim, livingClaim } from './claim.js';
import type { ReplicaStatus } from '../supervisor/replica.js';

/** Longer than a replica may take to get ready. */
const ANSWER_WITHIN_MS = 90_000;

/** The shop that runs in this home. Throws a sentence where none does. */
export function connectShop(): ShopControl {
  const claim = livingClaim();
  if (!claim) throw new ShopError(`No shop runs in ${home()}: start one with "npm start".`);
  return new RemoteShop(claim);
}

class RemoteShop implements ShopControl {
  constructor(private readonly claim: Claim) {}

  get system(): System {
    const system = readSystem();
    if (!system) throw new ShopError(`No shop runs in ${home()}: start one with "npm start".`);
    return system;
  }

  async list({ outsideWorld = false } = {}): Promise<ReplicaStatus[]> {
    return (await this.call('GET', outsideWorld ? '/everything' : '/replicas')) as ReplicaStatus[];
  }

  start(replica: string): Promise<ReplicaStatus> {
    return this.act('start', replica);
  }

  stop(replica: string): Promise<ReplicaStatus> {
    return this.act('stop', replica);
  }

  kill(replica: string): Promise<ReplicaStatus> {
    return this.act('kill', replica);
  }

  pause(replica: string): Promise<ReplicaStatus> {
    return this.act('pause', replica);
  }

  resume(replica: string): Promise<ReplicaStatus> {
    return this.act('resume', replica);
  }

  restart(replica: string): Promise<ReplicaStatus> {
    return this.act('restart', replica);
  }

  url(replica: string): string {
    const { replicas } = this.system;
    const found = replicas.find((known) => known.replica === replica);
    if (found) return found.url;
    throw new ShopError(`There is no ${replica}; there are ${replicas.map((known) => known.replica).join(', ')}.`);
  }

  private async act(action: Action, replica: string): Promise<ReplicaStatus> {
    return (await this.call('POST', `/replicas/${encodeURIComponent(replica)}/${action}`)) as ReplicaStatus;
  }

  private async call(method: string, path: string): Promise<unknown> {
    const { url, pid } = this.claim;
    const response = await fetch(`${url}${path}`, { method, signal: AbortSignal.timeout(ANSWER_WITHIN_MS) }).catch(
      (cause: unknown) => {
        const problem = `The shop's supervisor (pid ${pid}) does not answer at ${url}`;
        throw new ShopError(`${problem}: stop it, and start the shop again with "npm start".`, { cause });
      },
    );
    const answer = (await response.json()) as { error?: string };
    if (!response.ok) throw new ShopError(answer.error ?? `The supervisor answered ${response.status}.`);
    return answer;
  }
}
