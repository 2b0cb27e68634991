/** What there is to break. */
export interface Place {
  /** Of each service the replicas that should run. */
  readonly replicas: Readonly<Record<string, readonly string[]>>;
  /** Brokers: `kafka-1` and so on. */
  readonly nodes: readonly string[];
}

export interface FaultKind {
  /** What is done, for people. */
  readonly does: string;
  /** `cluster`: only where there are several brokers. `long`: only where faults are many, or it is asked for. */
  readonly form: 'short' | 'long' | 'cluster';
  /** How long it lasts before it is taken back, in ms: from, to. */
  readonly lastsMs: readonly [number, number];
  readonly targets: (place: Place) => readonly string[];
  /** Two faults that touch the same are never there at once. */
  readonly touches: (target: string) => readonly string[];
}

const everyReplica = ({ replicas }: Place): string[] => Object.values(replicas).flat();
const everyService = ({ replicas }: Place): string[] => Object.keys(replicas);
const serviceOf = (target: string): string => target.replace(/-\d+$/, '');
const itsService = (target: string): string[] => [serviceOf(target)];
const only = (...names: string[]) => ({ targets: () => names, touches: () => names });

/** The event topics that the shop lives on. */
export const EVENT_TOPICS = ['orders.order-placed.v1', 'billing.payment-captured.v1', 'billing.payment-declined.v1'];
const records = { targets: () => EVENT_TOPICS, touches: () => ['kafka'] };

const ALL = {
  kill: {
    does: 'kill -9 of a replica; it comes back a moment later',
    form: 'short',
    lastsMs: [200, 4_000],
    targets: everyReplica,
    touches: itsService,
  },
  pause: {
    does: 'SIGSTOP of a replica for longer than its session (6 s), then SIGCONT',
    form: 'short',
    lastsMs: [7_000, 9_000],
    targets: everyReplica,
    touches: itsService,
  },
  term: {
    does: 'rolling restart of a service: SIGTERM and start, one replica after another',
    form: 'short',
    lastsMs: [0, 500],
    targets: everyService,
    touches: itsService,
  },
  rebalance: {
    does: 'a rebalance storm: replicas are added to a service one after another, and taken away again',
    form: 'short',
    lastsMs: [500, 2_000],
    targets: everyService,
    touches: itsService,
  },
  'relay-kill': {
    does: 'kill -9 of the replica that has published events and not yet marked them',
    form: 'short',
    lastsMs: [200, 2_000],
    targets: () => ['orders', 'billing'],
    touches: (service) => [service, 'kafka', 'postgres'],
  },
  'broker-kill': {
    does: 'kill -9 of a broker; it comes back a moment later',
    form: 'short',
    lastsMs: [500, 4_000],
    targets: ({ nodes }) => nodes,
    touches: () => ['kafka'],
  },
  'leader-kill': {
    does: 'kill -9 of the broker that leads a partition; it comes back later',
    form: 'cluster',
    lastsMs: [4_000, 8_000],
    targets: () => EVENT_TOPICS,
    touches: () => ['kafka'],
  },
  'database-stop': {
    does: 'PostgreSQL is stopped; it comes back a moment later',
    form: 'short',
    lastsMs: [500, 4_000],
    ...only('postgres'),
  },
  'provider-slow': {
    does: 'the payment provider takes its time',
    form: 'short',
    lastsMs: [2_000, 5_000],
    ...only('payment-provider'),
  },
  'provider-failing': {
    does: 'the payment provider answers half of the charges with 500, some of them after booking',
    form: 'short',
    lastsMs: [2_000, 5_000],
    ...only('payment-provider'),
  },
  'provider-silent': {
    does: 'the payment provider books, and drops the connection',
    form: 'short',
    lastsMs: [2_000, 5_000],
    ...only('payment-provider'),
  },
  'provider-down': {
    does: 'the payment provider refuses connections',
    form: 'short',
    lastsMs: [2_000, 5_000],
    ...only('payment-provider'),
  },
  'mail-down': {
    does: 'the mail server is stopped; it comes back a moment later',
    form: 'short',
    lastsMs: [1_000, 5_000],
    ...only('mail'),
  },
  duplicates: {
    does: 'the newest records of a topic are published once more',
    form: 'short',
    lastsMs: [0, 0],
    ...records,
  },
  'old-records': {
    does: 'the oldest records of this run are published once more',
    form: 'short',
    lastsMs: [0, 0],
    ...records,
  },
  clock: {
    does: 'the clock of a service is an hour off, ahead or behind',
    form: 'long',
    lastsMs: [4_000, 8_000],
    targets: everyService,
    touches: itsService,
  },
} as const satisfies Record<string, FaultKind>;

export type KindName = keyof typeof ALL;
export const KINDS: Readonly<Record<KindName, FaultKind>> = ALL;
export const KIND_NAMES = Object.keys(ALL) as KindName[];

export const isKind = (name: string): name is KindName => Object.hasOwn(KINDS, name);
