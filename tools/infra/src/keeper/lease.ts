import type { Socket } from 'node:net';
import { home } from '../home.js';
import { Ledger } from '../machine/ledger.js';
import { end, identify, type ProcessId } from '../machine/processes.js';
import type { Request, Wanted } from './protocol.js';

const END_WITHIN_MS = 3_000;

/** One holder's claim on the infrastructure, and the processes that must not outlive it. */
export class Lease {
  readonly name: string;
  readonly settings: Wanted;
  private readonly adopted = new Map<number, ProcessId>();
  private readonly ledger = new Ledger(home());

  constructor(
    readonly socket: Socket,
    { name, pid, settings }: Extract<Request, { type: 'acquire' }>,
  ) {
    this.name = `${name} (pid ${pid})`;
    this.settings = settings;
  }

  /** Written down as well: a keeper that is killed leaves them to the next one. */
  adopt(pid: number): void {
    const known = identify(pid);
    if (!known) return;
    this.adopted.set(pid, known);
    this.ledger.add('a service', known);
  }

  disown(pid: number): void {
    const known = this.adopted.get(pid);
    if (!known) return;
    this.adopted.delete(pid);
    this.ledger.strike(known);
  }

  /** Ends what was adopted and not disowned. */
  async end(): Promise<void> {
    const left = [...this.adopted.values()];
    await Promise.all(left.map((known) => end(known, 'SIGTERM', END_WITHIN_MS)));
    for (const { pid } of left) this.disown(pid);
  }
}
