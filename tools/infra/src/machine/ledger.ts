import path from 'node:path';
import { changeJson, readJson } from './json-file.js';
import { end, isAlive, type ProcessId } from './processes.js';

type Recorded = ProcessId & { name: string };

/** The processes of a home, written down so that a later start finds what a killed one could not end. */
export class Ledger {
  private readonly file: string;

  constructor(home: string) {
    this.file = path.join(home, 'processes.json');
  }

  add(name: string, known: ProcessId): void {
    changeJson<Recorded[]>(this.file, (all) => [...(all ?? []), { name, ...known }]);
  }

  /** Of a process that has ended. Where the home was deleted meanwhile, nothing is left to strike. */
  strike({ pid, began }: ProcessId): void {
    try {
      changeJson<Recorded[]>(this.file, (all) => (all ?? []).filter((one) => one.pid !== pid || one.began !== began));
    } catch {
      // A process that is written down and has ended does no harm: its start tells it from any other.
    }
  }

  /** Ends what is written down here and still runs: exactly those processes, told by their number and their start. */
  async endAll(say: (line: string) => void): Promise<void> {
    const left = (readJson<Recorded[]>(this.file) ?? []).filter(isAlive);
    if (left.length === 0) return;
    say(`ending what a killed run left behind: ${left.map(({ name, pid }) => `${name} (pid ${pid})`).join(', ')}`);
    // PostgreSQL takes SIGTERM as "wait until every client has gone".
    await Promise.all(left.map((one) => end(one, one.name === 'postgres' ? 'SIGINT' : 'SIGTERM', 5_000)));
    changeJson<Recorded[]>(this.file, () => []);
  }
}
