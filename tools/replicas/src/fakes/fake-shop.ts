import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort } from '@fieldguide/infra';
import type { Lease } from '../supervisor/child.js';
import type { Kind } from '../supervisor/kind.js';
import type { ReplicaStatus } from '../supervisor/replica.js';
import { ReplicaLog } from '../supervisor/replica-log.js';
import { Supervisor } from '../supervisor/supervisor.js';

export interface FakeShopOptions {
  /** How the fake services behave, see fake-service.mjs. */
  fake?: string;
  readyWithinMs?: number;
  lease?: Lease;
}

/** A supervisor whose services are small scripts: `billing`, and `bank` for the outside world. */
export class FakeShop {
  readonly said: string[] = [];
  readonly changes: ReplicaStatus[] = [];
  readonly adopted = new Set<number>();
  readonly supervisor: Supervisor;
  /** What the build of the services is now. */
  build = 'first';
  /** How services behave that start from now on. */
  fake: string;
  /** Called with a port that a replica was given, before its process begins. */
  onPort: (port: number) => void = () => undefined;
  private readonly folder = mkdtempSync(path.join(tmpdir(), 'fake-shop-'));

  private constructor(firstPort: number, { fake = '', readyWithinMs = 10_000, lease }: FakeShopOptions) {
    this.fake = fake;
    const kinds = [this.kind('bank', 1, firstPort), this.kind('billing', 50, firstPort + 1)];
    this.supervisor = new Supervisor(kinds, {
      readyWithinMs,
      stopWithinMs: 300,
      lease: lease ?? {
        adopt: (pid) => void this.adopted.add(pid),
        disown: (pid) => void this.adopted.delete(pid),
      },
      say: (line) => void this.said.push(line),
      onChange: ({ status }) => void this.changes.push(status),
    });
  }

  static async open(options: FakeShopOptions = {}): Promise<FakeShop> {
    return new FakeShop(await freePort(), options);
  }

  async close(): Promise<void> {
    await this.supervisor.close(300);
    rmSync(this.folder, { recursive: true });
  }

  async status(replica: string): Promise<ReplicaStatus | undefined> {
    return (await this.supervisor.list({ outsideWorld: true })).find((status) => status.replica === replica);
  }

  /** Resolves when a replica is in a state. */
  async becomes(replica: string, state: string): Promise<ReplicaStatus> {
    const deadline = Date.now() + 5_000;
    for (;;) {
      const status = await this.status(replica);
      if (status?.state === state) return status;
      if (Date.now() > deadline) throw new Error(`${replica} is ${status?.state}, not ${state}, after 5 s`);
      await pause(5);
    }
  }

  private kind(service: string, most: number, firstPort: number): Kind {
    return {
      service,
      most,
      outsideWorld: most === 1,
      plan: (replica, number) => ({
        ...{ service, replica, readyPath: '/health/ready', preferredPort: firstPort + number },
        main: path.join(import.meta.dirname, 'fake-service.mjs'),
        env: (port) => {
          this.onPort(port);
          return { FAKE: this.fake, FAKE_PORT: String(port), REPLICA: String(number) };
        },
        log: new ReplicaLog(this.folder, replica, () => undefined),
        build: () => this.build,
      }),
    };
  }
}

export const answers = (url: string, withinMs = 2_000): Promise<boolean> =>
  fetch(url, { signal: AbortSignal.timeout(withinMs) }).then(
    () => true,
    () => false,
  );
