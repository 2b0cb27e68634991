import { setTimeout as pause } from 'node:timers/promises';
import type { Injector } from '../faults/injector.js';
import type { Surroundings } from '../faults/injector.js';
import type { KindName } from '../schedule/kinds.js';
import { type Fault, goTogether } from '../schedule/schedule.js';
import { seconds } from '../seen/waiting.js';
import type { JsonLines } from './json-lines.js';

export interface ConductorOptions {
  readonly schedule: readonly Fault[];
  /** How many faults there may be at once. */
  readonly overlap: number;
  readonly injectors: Readonly<Record<KindName, Injector>>;
  readonly around: Surroundings;
  readonly log: JsonLines;
  readonly say: (line: string) => void;
}

/** Does the faults of a schedule, in their order; those that go together side by side. */
export class Conductor {
  /** Faults that could not be done or taken back, in sentences. */
  readonly failures: string[] = [];
  private readonly open = new Map<Fault, Promise<void>>();

  constructor(private readonly options: ConductorOptions) {}

  /** Resolves when the last fault is over, or the run is given up. */
  async run(): Promise<void> {
    const { signal } = this.options.around;
    for (const fault of this.options.schedule) {
      await pause(fault.afterMs, undefined, { signal }).catch(() => undefined);
      while (!signal.aborted && !this.hasRoomFor(fault)) await Promise.race(this.open.values());
      if (signal.aborted) break;
      this.begin(fault);
    }
    await Promise.all(this.open.values());
  }

  private hasRoomFor(fault: Fault): boolean {
    return this.open.size < this.options.overlap && [...this.open.keys()].every((other) => goTogether(fault, other));
  }

  private begin(fault: Fault): void {
    const { say } = this.options;
    const { number, kind, target } = fault;
    const name = `#${number} ${kind} ${target}`;
    say(`${name}${fault.lastsMs > 0 ? ` for ${seconds(fault.lastsMs)}` : ''}`);
    const over = this.inject(fault, name).finally(() => this.open.delete(fault));
    this.open.set(fault, over);
  }

  private async inject(fault: Fault, name: string): Promise<void> {
    const { injectors, around, log, say } = this.options;
    const { kind, target } = fault;
    const at = new Date();
    const note = await injectors[kind](fault, around).catch((error: unknown) => this.failed(name, error as Error));
    const until = new Date();
    log.add({ at: at.toISOString(), until: until.toISOString(), kind, target, note });
    say(`${name} is over after ${seconds(until.getTime() - at.getTime())}: ${note}`);
  }

  private failed(name: string, { message }: Error): string {
    if (this.options.around.signal.aborted) return 'given up';
    this.failures.push(`${name}: ${message}`);
    return message;
  }
}
