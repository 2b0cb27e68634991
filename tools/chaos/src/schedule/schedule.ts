import { type FaultKind, KIND_NAMES, KINDS, type KindName, type Place } from './kinds.js';
import { Random, Rounds } from './random.js';

/** One fault of a schedule. */
export interface Fault {
  /** From 1. */
  readonly number: number;
  readonly kind: KindName;
  readonly target: string;
  /** How long after the fault before it has begun. Later, where that one and others must be over first. */
  readonly afterMs: number;
  readonly lastsMs: number;
  /** Decides what else is left to chance in it. */
  readonly seed: number;
}

export interface ScheduleOptions {
  readonly seed: number;
  readonly faults: number;
  readonly kinds: readonly KindName[];
  readonly place: Place;
}

const AFTER_MS = [500, 2_500] as const;

/**
 * What is done to the shop, in which order. The seed alone decides: the same options give the same faults. Each kind comes
 * once before any comes again, and so does each target of a kind.
 */
export function scheduleOf({ seed, faults, kinds, place }: ScheduleOptions): readonly Fault[] {
  const random = new Random(seed);
  const order = new Rounds(random, kinds);
  const targets = new Map(kinds.map((kind) => [kind, new Rounds(random, KINDS[kind].targets(place))]));
  return Array.from({ length: faults }, (_, index) => {
    const kind = order.next();
    return {
      number: index + 1,
      kind,
      target: targets.get(kind)?.next() ?? '',
      afterMs: random.between(...AFTER_MS),
      lastsMs: random.between(...KINDS[kind].lastsMs),
      seed: random.between(1, 2 ** 31 - 1),
    };
  });
}

/** The kinds of a run: the short form, with the cluster's where there are several brokers, with the long ones on demand. */
export function kindsOf({ nodes }: Place, { long }: { long: boolean }): KindName[] {
  const fits = ({ form }: FaultKind): boolean =>
    form === 'short' || (form === 'cluster' && nodes.length > 1) || (form === 'long' && long);
  return KIND_NAMES.filter((name) => fits(KINDS[name]));
}

/** Whether both can be there at the same time. */
export function goTogether(one: Fault, other: Fault): boolean {
  const touched = new Set(KINDS[one.kind].touches(one.target));
  return !KINDS[other.kind].touches(other.target).some((name) => touched.has(name));
}
