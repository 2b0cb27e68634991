/** One who is measured in a cell. */
export interface Side {
  readonly name: string;
  /** A module of `measured/`. */
  readonly program: string;
  readonly options?: Readonly<Record<string, string | number | boolean>>;
  readonly warmUp: number;
  readonly measured: number;
  /** Where it is not the cell's. */
  readonly topic?: Cell['topic'];
  readonly database?: Cell['database'];
  /** Takes so long that a quick run leaves it out. */
  readonly slow?: boolean;
}

/** What a metric of one side must be, by itself or as a multiple of another side's. */
export interface Target {
  readonly metric: string;
  readonly side: string;
  /** Of several it is the one with the least. */
  readonly versus?: string | readonly string[];
  readonly atMost?: number;
  readonly atLeast?: number;
  /** Instead of a multiple: at most so much more than the other side's. */
  readonly atMostMore?: number;
}

/** One question, asked of several sides. */
export interface Cell {
  readonly name: string;
  readonly title: string;
  readonly partitions: number;
  /** How many accounts, and so callers, there are. */
  readonly keys: number;
  /**
   * `preload`: the topic is full before the process starts. `readBack`: what it wrote is read and counted afterwards.
   * `through`: both, what it wrote being in another topic.
   */
  readonly topic: 'preload' | 'readBack' | 'through' | 'empty';
  /** Where it takes more than one process. */
  readonly story?: 'hand-over' | 'relay-take-over';
  /** Each run has a database of its own, with the tables of outbox and inbox. `preload`: all its messages wait in the outbox. */
  readonly database?: 'empty' | 'preload';
  /** Also measured is what a run has left on the broker: the metrics `elsewhere` and `extra`. */
  readonly aftermath?: true;
  /** Ours first. */
  readonly sides: readonly Side[];
  /** In the order of the table; the first is drawn, and says whether the machine was quiet. */
  readonly metrics: readonly Metric[];
  readonly targets: readonly Target[];
  /** Where it is not what the command line says, because it takes long. `half`: each side once. */
  readonly rounds?: number | 'half';
  /** Whether two halves of the same side's runs say something about the machine. Default: true. */
  readonly control?: false;
}

export interface Metric {
  readonly name: string;
  readonly unit: string;
  readonly best: 'high' | 'low';
}

export const RATE: Metric = { name: 'rate', unit: 'messages/s', best: 'high' };
export const CPU: Metric = { name: 'cpuMicros', unit: 'CPU µs/message', best: 'low' };
export const P50: Metric = { name: 'p50', unit: 'ms p50', best: 'low' };
export const P99: Metric = { name: 'p99', unit: 'ms p99', best: 'low' };
