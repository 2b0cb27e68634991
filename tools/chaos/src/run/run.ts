import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { home } from '@fieldguide/infra';
import { PaymentProvider } from '@fieldguide/payment-provider';
import type { ShopControl } from '@fieldguide/replicas';
import { INJECTORS } from '../faults/index.js';
import type { Surroundings } from '../faults/injector.js';
import { whereTopicsEnd } from '../faults/records.js';
import { Load, type LoadCounts } from '../load/load.js';
import type { KindName, Place } from '../schedule/kinds.js';
import { type Fault, kindsOf, scheduleOf } from '../schedule/schedule.js';
import { ShopBroker } from '../seen/broker.js';
import { Conductor } from './conductor.js';
import { brokenRun, heal, willBreak } from './healing.js';
import { JsonLines } from './json-lines.js';
import { missingFor, type Parts } from './parts.js';
import { bringUp } from './replicas.js';

export interface RunOptions {
  readonly control: ShopControl;
  readonly parts: Parts;
  readonly faults: number;
  readonly seed: number;
  readonly rate: number;
  readonly overlap: number;
  readonly only?: readonly KindName[] | undefined;
  readonly say: (line: string) => void;
  /** The run is given up: what was broken is healed. */
  readonly signal: AbortSignal;
}

/** What a run has done and seen, before anybody judges it. */
export interface Outcome {
  readonly begun: Date;
  readonly schedule: readonly Fault[];
  readonly customers: LoadCounts;
  /** Of each accepted order. */
  readonly orderIds: ReadonlySet<string>;
  /** Faults that could not be done, in sentences. */
  readonly undone: readonly string[];
  /** What no customer may be told, in sentences. */
  readonly contradictions: readonly string[];
  readonly givenUp: boolean;
}

/** From how many faults on a run is a long one. */
const LONG = 50;
/** Orders are taken by two while a run lasts, so that one can be missed. */
const ALWAYS_THERE = ['orders-1', 'orders-2'];

/** Orders at a steady rate while the faults of the schedule are done; everything runs again when this resolves. */
export async function run(options: RunOptions): Promise<Outcome> {
  const { control, parts, seed, rate, say, signal } = options;
  const provider = new PaymentProvider(control.system.paymentProvider ?? '');
  const before = await healedShop(options, provider);
  const replicas = [...new Set([...before, ...ALWAYS_THERE])].sort();
  willBreak(before);
  await Promise.all(replicas.map((replica) => bringUp(control, replica)));
  const broker = new ShopBroker(() => control.system.kafka);
  const schedule = planned(options, replicas);
  const log = (name: string): JsonLines => new JsonLines(path.join(home(), 'chaos', name));
  const begin = await whereTopicsEnd(broker);
  const begun = new Date();
  const load = new Load({
    ...{ seed, rate, run: randomBytes(4).toString('hex'), log: log('orders.jsonl') },
    urls: () => ordersUrls(control),
  });
  const around: Surroundings = { control, provider, broker, parts, orderIds: load.orderIds, begin, signal };
  const injectors = INJECTORS;
  const { overlap } = options;
  const conductor = new Conductor({ schedule, overlap, injectors, around, log: log('faults.jsonl'), say });
  try {
    await conductor.run();
  } finally {
    say('Everything is healed, and those who wait get their answers …');
    await heal(before, { control, provider, parts }).finally(() => load.stop());
  }
  const { failures: undone } = conductor;
  const { counts: customers, orderIds, contradictions } = load;
  return { begun, schedule, undone, customers, orderIds, contradictions, givenUp: signal.aborted };
}

/** Heals what an earlier run has left. Returns the replicas that run. */
async function healedShop({ control, parts, say }: RunOptions, provider: PaymentProvider): Promise<readonly string[]> {
  const left = brokenRun();
  if (left) {
    say('A run before this one was killed: what it broke is healed first …');
    await heal(left, { control, provider, parts });
  }
  return (await control.list()).filter(({ state }) => state === 'ready').map(({ replica }) => replica);
}

function planned({ seed, faults, only, parts, say }: RunOptions, replicas: readonly string[]): readonly Fault[] {
  const place = placeOf(replicas, parts);
  const kinds = (only ?? kindsOf(place, { long: faults >= LONG })).filter((kind) => {
    const missing = missingFor(kind, parts);
    if (missing) say(missing);
    return !missing;
  });
  if (kinds.length === 0) throw new Error('No kind of fault is left that can be done here.');
  return scheduleOf({ seed, faults, kinds, place });
}

function placeOf(names: readonly string[], { kafka }: Parts): Place {
  const replicas: Record<string, string[]> = {};
  for (const name of names) (replicas[name.replace(/-\d+$/, '')] ??= []).push(name);
  return { replicas, nodes: (kafka?.nodes ?? []).map(({ id }) => `kafka-${id}`) };
}

const ordersUrls = (control: ShopControl): string[] =>
  control.system.replicas.filter(({ service }) => service === 'orders').map(({ url }) => url);
