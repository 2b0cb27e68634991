import type { ChildProcess } from 'node:child_process';
import type { Task } from '../measured/task.js';
import type { Told } from '../measured/told.js';
import { start } from './child.js';

/** A replica of the service of a story, as a process of its own. */
export class Replica {
  private constructor(
    readonly number: number,
    private readonly child: ChildProcess,
    /** When it ended. */
    readonly ended: Promise<number>,
  ) {}

  static async start(
    task: Task,
    number: number,
    core: number | undefined,
    hear: (replica: number, told: Told) => void,
  ): Promise<Replica> {
    const child = await start({ ...task, options: { ...task.options, replica: number } }, core);
    child.on('message', (told) => hear(number, told as Told));
    const ended = new Promise<number>((resolve) => child.once('exit', () => resolve(Date.now())));
    return new Replica(number, child, ended);
  }

  /** Resolves with when it was sent. */
  signal(name: NodeJS.Signals): number {
    const at = Date.now();
    this.child.kill(name);
    return at;
  }
}
