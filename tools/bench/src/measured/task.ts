/** What one measured process is to do; it comes as the process' first argument. */
export interface Task {
  /** A module of `measured/`, such as `ours/publish`. */
  readonly program: string;
  readonly brokers: readonly string[];
  /** Of this run alone: the service, its group, its client id. */
  readonly service: string;
  readonly topic: string;
  /** Of this run alone, where the cell has one. */
  readonly databaseUrl?: string;
  readonly partitions: number;
  /** How many keys there are: `a0`, `a1`, … */
  readonly keys: number;
  /** Messages before the clock starts, and those under the clock. */
  readonly warmUp: number;
  readonly measured: number;
  readonly options: Readonly<Record<string, string | number | boolean>>;
  /** Where a CPU profile of the measured window goes; none is taken where it is missing. */
  readonly profile?: string;
}

/** What was measured, by name; and what was wrong with it: nothing, where the numbers count. */
export interface Outcome {
  readonly metrics: Readonly<Record<string, number>>;
  readonly problems: readonly string[];
}

/** A module of `measured/`. */
export interface Program {
  readonly measure: (task: Task) => Promise<Outcome>;
}

export const readTask = (): Task => JSON.parse(process.argv[2] ?? '{}') as Task;
