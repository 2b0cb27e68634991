import { type BrokerAdmin, brokerErrorType, type Ends } from '../client/index.js';
import { contractOf } from '../contract/index.js';
import { SettingsError } from '../errors.js';
import type { HandlerExtras } from '../handling/handler-options.js';
import type { Moment, ReplayRequest } from './replay-request.js';

/** One partition of a replay. */
export interface Range {
  readonly topic: string;
  readonly partition: number;
  /** `Class.method`. */
  readonly handler: string;
  /** The first offset that is handled. */
  readonly from: bigint;
  /** The first that is not. */
  readonly to: bigint;
}

/** A handler that a replay could be asked for. */
export interface Candidate {
  readonly handler: string;
  readonly topic: string;
  readonly replayable: boolean;
}

/** A handler that a replay was asked for, and leaves alone. */
export interface Refusal {
  readonly handler: string;
  readonly topic: string;
  readonly reason: string;
}

const NOT_MARKED = 'is not marked replayable: true, so nobody has said that it bears its events once more';

/** Handlers of events that share their partitions among replicas: of others there is nothing to replay. */
export function candidatesAmong(handlers: readonly Partial<HandlerExtras>[]): Candidate[] {
  return handlers.flatMap(({ contract, handler, delivery, replayable = false }) => {
    if (!contract || !handler || delivery !== 'one-replica') return [];
    const { kind, topic } = contractOf(contract);
    return kind === 'event' ? [{ handler, topic, replayable }] : [];
  });
}

/**
 * Those that are asked for, and why some of them are refused.
 * @throws SettingsError where a name fits none
 */
export function chosenFrom(
  candidates: readonly Candidate[],
  { topics, handlers }: Pick<ReplayRequest, 'topics' | 'handlers'>,
): { readonly chosen: readonly Candidate[]; readonly refused: readonly Refusal[] } {
  const isNamed = ({ handler }: Candidate, name: string): boolean => handler === name || handler.startsWith(`${name}.`);
  const unknown = [
    ...topics.filter((topic) => !candidates.some((candidate) => candidate.topic === topic)),
    ...handlers.filter((name) => !candidates.some((candidate) => isNamed(candidate, name))),
  ];
  const known = candidates.map(({ handler, topic }) => `${handler} (${topic})`).join(', ') || 'none';
  if (unknown.length > 0) {
    throw new SettingsError(
      `No handler of events is meant by ${unknown.join(', ')}. Those that a replay can have: ${known}. Requests, others' dead letters and what goes to every replica are not replayed.`,
    );
  }
  const asked = candidates.filter(
    (candidate) =>
      (topics.length === 0 || topics.includes(candidate.topic)) &&
      (handlers.length === 0 || handlers.some((name) => isNamed(candidate, name))),
  );
  if (asked.length === 0) throw new SettingsError(`There is no handler to replay. Those that there are: ${known}.`);
  const refused = asked
    .filter(({ replayable }) => !replayable)
    .map(({ handler, topic }) => ({ handler, topic, reason: NOT_MARKED }));
  return { chosen: asked.filter(({ replayable }) => replayable), refused };
}

/** Looks up where it begins and ends: what comes later is not part of it. Also partitions of which nothing is read. */
export async function rangesOf(
  chosen: readonly Candidate[],
  request: ReplayRequest,
  admin: Pick<BrokerAdmin, 'ends' | 'offsetsAt'>,
): Promise<Range[]> {
  const ranges: Range[] = [];
  for (const { handler, topic } of chosen) {
    const ends = await endsOf(admin, topic);
    const offsetsAt = (moment: Moment) =>
      typeof moment === 'string' ? Promise.resolve(undefined) : admin.offsetsAt(topic, moment.time);
    const [froms, tos] = await Promise.all([offsetsAt(request.from), offsetsAt(request.to)]);
    for (const end of partitionsOf(topic, ends, request)) {
      const { partition, low, high } = end;
      const [from, to] = request.offsets
        ? [request.offsets.from, request.offsets.to ?? high]
        : [froms?.get(partition) ?? low, tos?.get(partition) ?? high];
      ranges.push({ topic, partition, handler, ...within(end, from, to) });
    }
  }
  return ranges;
}

async function endsOf(admin: Pick<BrokerAdmin, 'ends'>, topic: string): Promise<Ends[]> {
  try {
    return await admin.ends([topic]);
  } catch (error) {
    const type = brokerErrorType(error);
    if (type !== 'UNKNOWN_TOPIC_OR_PARTITION') throw error;
    throw new SettingsError(`There is no topic ${topic} on the broker: nothing was ever said there.`);
  }
}

function partitionsOf(topic: string, ends: readonly Ends[], { offsets }: ReplayRequest): readonly Ends[] {
  if (!offsets) return ends;
  const found = ends.find(({ partition }) => partition === offsets.partition);
  if (!found)
    throw new SettingsError(`${topic} has no partition ${offsets.partition}: it has 0 to ${ends.length - 1}.`);
  const { low, high } = found;
  if (offsets.from < low || offsets.from >= high) {
    throw new SettingsError(
      `${topic}/${offsets.partition} holds ${low === high ? 'nothing' : `the offsets ${low} to ${high - 1n}`}: there is no ${offsets.from} to begin at.`,
    );
  }
  return [found];
}

/** What is still there. Nothing of it is left where `from` is not below `to`. */
function within({ low, high }: Ends, from: bigint, to: bigint): Pick<Range, 'from' | 'to'> {
  const end = to < high ? to : high;
  const begin = from > low ? from : low;
  return begin < end ? { from: begin, to: end } : { from: end, to: end };
}

/** In offsets: as many records, or fewer where transactions and compaction have left gaps. */
export const sizeOf = ({ from, to }: Range): number => Number(to - from);
