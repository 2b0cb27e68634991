import { existsSync } from 'node:fs';
import { takePort, workspaceRoot } from '@fieldguide/infra';
import { ShopError } from '../shop-error.js';
import { Child, describeExit, type Exit, type Lease } from './child.js';
import { listensOn } from './listens-on.js';
import { answersReady } from './readiness.js';
import type { ReplicaLog } from './replica-log.js';

/**
 * `starting`: runs, and has not said that it is ready · `paused`: frozen, it keeps its connections · `stopped`,
 * `killed`: ended by us · `crashed`: ended by itself.
 */
export type ReplicaState = 'starting' | 'ready' | 'paused' | 'stopped' | 'killed' | 'crashed';

export interface ReplicaStatus {
  service: string;
  replica: string;
  state: ReplicaState;
  /** Of its process, or of its last one. */
  pid: number;
  url: string;
  /** When its process, or its last one, began. */
  startedAt?: string;
  /** How its last process ended: `exit code 1`, `signal SIGKILL`. */
  ended?: string;
  /** The last line that a crashed one printed. */
  lastLine?: string;
}

/** How one replica is run. */
export interface ReplicaPlan {
  service: string;
  replica: string;
  main: string;
  preferredPort: number;
  readyPath: string;
  env: (port: number) => NodeJS.ProcessEnv;
  log: ReplicaLog;
  /** Which build of its code stands there now: a replica that was started from another one runs old code. */
  build: () => string;
}

/** What all replicas of a shop have in common. */
export interface ReplicaContext {
  /** Until a replica says that it is ready. */
  readyWithinMs: number;
  /** Between SIGTERM and SIGKILL. */
  stopWithinMs: number;
  lease: Lease;
  say: (line: string) => void;
  onChange: (replica: Replica) => void;
}

/** One replica of a service: processes that come and go under one name and, where it stays free, one port. */
export class Replica {
  /** The build that its last process was started from. */
  startedFrom: string | undefined;
  private child: Child | undefined;
  private launching = false;
  private closed = false;
  /** We are ending it: what it is called when it has ended. */
  private ending: 'stopped' | 'killed' | undefined;
  private state: ReplicaState = 'stopped';
  private stateBeforePause: ReplicaState = 'starting';
  private startedAt: Date | undefined;
  private port: number;
  private pid = 0;
  private ended: Exit | undefined;

  constructor(
    readonly plan: ReplicaPlan,
    private readonly context: ReplicaContext,
  ) {
    this.port = plan.preferredPort;
  }

  get name(): string {
    return this.plan.replica;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get running(): boolean {
    return this.child !== undefined;
  }

  get status(): ReplicaStatus {
    const { plan, state, url, pid } = this;
    const { service, replica, log } = plan;
    return {
      ...{ service, replica, state, url, pid },
      ...(this.startedAt && { startedAt: this.startedAt.toISOString() }),
      ...(this.ended && { ended: describeExit(this.ended) }),
      ...(state === 'crashed' && log.lastLine !== undefined && { lastLine: log.lastLine }),
    };
  }

  /** Resolves when it is ready. A replica that is late goes on, and may get ready after this has rejected. */
  async start(): Promise<void> {
    if (this.state === 'paused') throw new ShopError(`${this.name} is paused: resume it.`);
    if (this.child || this.launching) throw new ShopError(`${this.name} runs already (pid ${this.pid}).`);
    try {
      await this.attempt();
    } catch (error) {
      if (this.state !== 'crashed' || !(await this.lostItsPort())) throw error;
      await this.attempt();
    }
  }

  /** Asks it to end, and kills it when it has not done so in time. */
  async stop(withinMs = this.context.stopWithinMs): Promise<Exit> {
    const child = this.runningChild('stopped');
    if (this.ending) throw new ShopError(`${this.name} is being stopped already.`);
    this.ending = 'stopped';
    return child.end(withinMs);
  }

  async kill(): Promise<Exit> {
    const child = this.runningChild('killed');
    this.ending = 'killed';
    child.signal('SIGKILL');
    return child.ended;
  }

  pause(): void {
    const child = this.runningChild('paused');
    if (this.state === 'paused') throw new ShopError(`${this.name} is paused already.`);
    child.signal('SIGSTOP');
    this.stateBeforePause = this.state;
    this.become('paused');
  }

  resume(): void {
    const child = this.runningChild('resumed');
    if (this.state !== 'paused') throw new ShopError(`${this.name} is not paused, it is ${this.state}.`);
    child.signal('SIGCONT');
    this.become(this.stateBeforePause);
  }

  /** Ends it for good. */
  async close(withinMs: number): Promise<void> {
    this.closed = true;
    this.ending ??= 'stopped';
    await this.child?.end(withinMs);
    this.plan.log.close();
  }

  private async attempt(): Promise<void> {
    this.launching = true;
    const child = await this.launch().finally(() => (this.launching = false));
    await this.readiness(child);
  }

  /** Another process can have taken the port between our look at it and the moment in which the replica listened. */
  private async lostItsPort(): Promise<boolean> {
    const before = this.port;
    this.port = await takePort(before, this.name, this.context.say);
    return this.port !== before;
  }

  private async launch(): Promise<Child> {
    const { main, replica, env, log, build } = this.plan;
    const { lease, say } = this.context;
    if (!existsSync(main)) throw new ShopError(`${main} is missing: build it with "npx nx run-many -t build".`);
    this.port = await takePort(this.port, replica, say);
    if (this.closed) throw new ShopError(`${replica} was not started: the shop is closing.`);
    this.startedFrom = build();
    log.beginAnew();
    const args = ['--enable-source-maps', main];
    const onLine = (line: string) => log.add(line);
    const child = new Child({
      command: process.execPath,
      args,
      env: env(this.port),
      cwd: workspaceRoot,
      lease,
      onLine,
    });
    this.child = child;
    this.pid = child.pid;
    this.ended = undefined;
    this.startedAt = new Date();
    this.become('starting');
    void child.ended.then((exit) => this.hasEnded(exit));
    return child;
  }

  private async readiness(child: Child): Promise<void> {
    const { name, url, plan } = this;
    const { readyWithinMs } = this.context;
    const over = new AbortController();
    void child.ended.then(() => over.abort());
    // A stranger who took the port in the meantime may answer there as well.
    const isItself = (): boolean => listensOn(child.pid, this.port);
    const ready = answersReady(`${url}${plan.readyPath}`, isItself, over.signal).then((isReady) => {
      if (isReady) this.becomeReady();
      return isReady;
    });
    const late = `${name} did not answer 200 at ${url}${plan.readyPath} within ${readyWithinMs / 1000} s.`;
    if (await beforeDeadline(ready, readyWithinMs, () => new ShopError(`${late} ${plan.log.ending}`))) return;
    await child.ended;
    if (this.state !== 'crashed') throw new ShopError(`${name} was ${this.state} before it was ready.`);
    throw new ShopError(`${name} ended (${describeExit(await child.ended)}) before it was ready. ${plan.log.ending}`);
  }

  private becomeReady(): void {
    if (this.state === 'paused') this.stateBeforePause = 'ready';
    else if (this.state === 'starting') this.become('ready');
  }

  private hasEnded(exit: Exit): void {
    const { ending, name, plan } = this;
    this.child = undefined;
    this.ending = undefined;
    this.ended = exit;
    this.become(ending ?? 'crashed');
    if (ending) return;
    const lastLine = plan.log.lastLine === undefined ? '' : ` Its last line: ${plan.log.lastLine}`;
    this.context.say(`${name} ended by itself (${describeExit(exit)}).${lastLine}`);
  }

  private become(state: ReplicaState): void {
    this.state = state;
    this.context.onChange(this);
  }

  private runningChild(toBe: string): Child {
    if (this.child) return this.child;
    throw new ShopError(`${this.name} cannot be ${toBe}: it does not run (${this.state}).`);
  }
}

async function beforeDeadline<T>(action: Promise<T>, withinMs: number, late: () => Error): Promise<T> {
  let alarm: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_resolve, reject) => {
    alarm = setTimeout(() => reject(late()), withinMs);
  });
  return Promise.race([action, deadline]).finally(() => clearTimeout(alarm));
}
