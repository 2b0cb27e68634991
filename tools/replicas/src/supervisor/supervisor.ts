import { readSystem, type System } from '@fieldguide/infra';
import type { ShopControl } from '../control/shop-control.js';
import { ShopError } from '../shop-error.js';
import { type Kind, kindOf } from './kind.js';
import { Replica, type ReplicaContext, type ReplicaStatus } from './replica.js';

/** The replicas of a shop, by name. */
export class Supervisor implements ShopControl {
  private readonly replicas = new Map<string, Replica>();
  private closing = false;

  constructor(
    private readonly kinds: readonly Kind[],
    private readonly context: ReplicaContext,
  ) {}

  /** All that ever ran, in the order of their kinds and numbers. */
  get all(): Replica[] {
    const place = ({ name }: Replica): number => {
      const { kind, number } = kindOf(this.kinds, name);
      return this.kinds.indexOf(kind) * 1_000 + number;
    };
    return [...this.replicas.values()].sort((a, b) => place(a) - place(b));
  }

  get services(): Replica[] {
    return this.all.filter(({ name }) => !kindOf(this.kinds, name).kind.outsideWorld);
  }

  get system(): System {
    const system = readSystem();
    if (!system) throw new ShopError('system.json is gone: this home was reset while its shop ran.');
    return system;
  }

  list({ outsideWorld = false } = {}): Promise<ReplicaStatus[]> {
    return Promise.resolve((outsideWorld ? this.all : this.services).map(({ status }) => status));
  }

  async start(name: string): Promise<ReplicaStatus> {
    if (this.closing) throw new ShopError(`${name} was not started: the shop is closing.`);
    const replica = this.replicas.get(name) ?? this.add(name);
    await replica.start();
    return this.done(replica, `is ready at ${replica.url}`);
  }

  async stop(name: string): Promise<ReplicaStatus> {
    const replica = this.existing(name);
    await replica.stop();
    return this.done(replica, `was stopped: ${replica.status.ended}`);
  }

  async kill(name: string): Promise<ReplicaStatus> {
    const replica = this.existing(name);
    await replica.kill();
    return this.done(replica, 'was killed');
  }

  async pause(name: string): Promise<ReplicaStatus> {
    const replica = this.existing(name);
    replica.pause();
    return Promise.resolve(this.done(replica, 'is paused'));
  }

  async resume(name: string): Promise<ReplicaStatus> {
    const replica = this.existing(name);
    replica.resume();
    return Promise.resolve(this.done(replica, 'goes on'));
  }

  async restart(name: string): Promise<ReplicaStatus> {
    if (this.existing(name).running) await this.stop(name);
    return this.start(name);
  }

  url(name: string): string {
    return this.existing(name).url;
  }

  /** Ends all for good, the services first: SIGTERM, and SIGKILL after `withinMs`. */
  async close(withinMs: number): Promise<void> {
    this.closing = true;
    const services = new Set(this.services);
    const others = this.all.filter((replica) => !services.has(replica));
    await Promise.all([...services].map((replica) => this.end(replica, withinMs)));
    await Promise.all(others.map((replica) => this.end(replica, withinMs)));
  }

  private async end(replica: Replica, withinMs: number): Promise<void> {
    const { running } = replica;
    await replica.close(withinMs);
    if (running) this.done(replica, `was stopped: ${replica.status.ended}`);
  }

  private existing(name: string): Replica {
    const { kind } = kindOf(this.kinds, name);
    const replica = this.replicas.get(name);
    if (replica) return replica;
    const known = this.all.filter(({ plan }) => plan.service === kind.service).map((known) => known.name);
    throw new ShopError(
      `There is no ${name} yet, only ${known.join(', ') || `no replica of ${kind.service}`}: start it.`,
    );
  }

  private add(name: string): Replica {
    const { kind, number } = kindOf(this.kinds, name);
    const replica = new Replica(kind.plan(name, number), this.context);
    this.replicas.set(name, replica);
    return replica;
  }

  private done(replica: Replica, what: string): ReplicaStatus {
    this.context.say(`${replica.name} ${what}.`);
    return replica.status;
  }
}
