import { writeFileSync } from 'node:fs';
import { Session } from 'node:inspector';
import type { Task } from './task.js';

/** Clock and CPU from the end of the warm-up to the last message. */
export class Window {
  readonly #warmUp: number;
  readonly #total: number;
  #profiler: Session | undefined;
  #count = 0;
  /** Beyond the warm-up, where messages are done many at a time. */
  #startedCount = 0;
  #startedAt = 0;
  #cpu: NodeJS.CpuUsage | undefined;
  #end!: (metrics: Record<string, number>) => void;
  /** Rate and CPU of the measured messages. */
  readonly metrics: Promise<Record<string, number>> = new Promise((resolve) => (this.#end = resolve));

  constructor(private readonly task: Task) {
    this.#warmUp = task.warmUp;
    this.#total = task.warmUp + task.measured;
    if (this.#warmUp === 0) this.#start();
  }

  /** True while the clock runs. */
  get open(): boolean {
    return this.#count >= this.#warmUp && this.#count < this.#total;
  }

  get count(): number {
    return this.#count;
  }

  /** So many more messages are done. */
  tick(messages = 1): void {
    const before = this.#count;
    this.#count += messages;
    if (before < this.#warmUp && this.#count >= this.#warmUp) this.#start();
    else if (before < this.#total && this.#count >= this.#total) this.#stop();
  }

  #start(): void {
    this.#startedCount = this.#count;
    if (this.task.profile) this.#profiler = startProfiler();
    this.#cpu = process.cpuUsage();
    this.#startedAt = performance.now();
  }

  #stop(): void {
    const seconds = (performance.now() - this.#startedAt) / 1_000;
    const { user, system } = process.cpuUsage(this.#cpu);
    const { profile } = this.task;
    if (this.#profiler && profile) stopProfiler(this.#profiler, profile);
    const measured = this.#count - this.#startedCount;
    this.#end({
      rate: measured / seconds,
      cpuMicros: (user + system) / measured,
      seconds,
    });
  }
}

/** In the process itself a session does at once what it is asked, so that the profile begins and ends with the window. */
function startProfiler(): Session {
  const session = new Session();
  session.connect();
  session.post('Profiler.enable');
  session.post('Profiler.setSamplingInterval', { interval: 200 });
  session.post('Profiler.start');
  return session;
}

function stopProfiler(session: Session, file: string): void {
  session.post('Profiler.stop', (error, { profile }) => {
    if (error) throw error;
    writeFileSync(file, JSON.stringify(profile));
  });
  session.disconnect();
}
