import {
  BrokerAdmin,
  brokerErrorType,
  describeFailure,
  type Ends,
  isPassing,
  type KafkaConnection,
  setOffsets,
} from '../client/index.js';
import { NotReadyError, SettingsError } from '../errors.js';
import { nameOf } from './backlog.js';
import { timeOf, wholeOf } from './moment.js';

/** What somebody typed, and where the answer goes. */
export interface OffsetsCall {
  readonly command: string;
  readonly group: string | undefined;
  /** Empty: all in which the group has an offset. */
  readonly topics: readonly string[];
  readonly partition: string | undefined;
  readonly to: string | undefined;
  readonly dryRun: boolean;
  /** One JSON document a line, for scripts; default is lines for people. */
  readonly json: boolean;
  connect(): KafkaConnection;
  out(this: void, line: string): void;
}

const USAGE = `Where a group stands, and from where it goes on.

  show     what it has committed of each partition, and how much is left
  reset    moves it; no member may run meanwhile

  --group billing             which
  --topic T                   only this one, may be given more than once; default: all in which it has an offset
  --partition P               only this one, of one topic
  --to <moment>               beginning, end, a time (2026-11-25T12:00:00Z), an age (90s, 15m, 6h, 2d), or an offset (with
                              --topic and --partition)
  --dry-run                   says what reset would do, and does nothing
  --brokers host:port         default: KAFKA_BROKERS; KAFKA_SSL=true; a login: KAFKA_SASL_MECHANISM, _USERNAME, _PASSWORD
  --json                      a JSON document a line`;

/** One partition of a group. */
interface Standing extends Ends {
  /** Undefined: it has none, and begins at the beginning. */
  readonly committed: bigint | undefined;
}

/**
 * @returns the exit code
 * @throws SettingsError, NotReadyError: a sentence for who typed it
 */
export async function runOffsets(call: OffsetsCall): Promise<number> {
  const { command, group, to } = call;
  if (command === 'help') {
    call.out(USAGE);
    return 0;
  }
  if (command !== 'show' && command !== 'reset') {
    throw new SettingsError(`"${command}" is none of show, reset.\n\n${USAGE}`);
  }
  if (!group)
    throw new SettingsError("--group is missing: whose offsets? A service's group has its name, such as billing.");
  if (command === 'reset' && to === undefined) {
    throw new SettingsError('reset needs a --to: beginning, end, a time, an age such as 2h, or an offset.');
  }
  const target = to === undefined ? undefined : targetOf(to, call);
  const connection = call.connect();
  const admin = new BrokerAdmin(connection);
  try {
    const standings = await standingsOf(group, call, admin);
    return command === 'show' || !target
      ? show(standings, call)
      : await reset(group, standings, target, call, connection, admin);
  } catch (error) {
    if (!isPassing(error)) throw error;
    throw new NotReadyError(`Kafka does not answer at ${connection.address}: ${describeFailure(error)}`, {
      cause: error,
    });
  } finally {
    await admin.close();
  }
}

/** Where a partition is to be read on. */
type Target = (standing: Standing, at: ReadonlyMap<string, bigint>) => bigint;

interface Aim {
  /** In ms; looked up before. */
  readonly time?: number;
  readonly of: Target;
}

function targetOf(to: string, { topics, partition }: OffsetsCall): Aim {
  if (to === 'beginning') return { of: ({ low }) => low };
  if (to === 'end') return { of: ({ high }) => high };
  if (!/^\d+$/.test(to)) {
    return { time: timeOf(to, Date.now()), of: (standing, at) => at.get(nameOf(standing)) ?? standing.high };
  }
  if (topics.length !== 1 || partition === undefined) {
    throw new SettingsError(
      `--to ${to} is an offset, which is one of a partition: --topic and --partition are needed.`,
    );
  }
  const offset = wholeOf('--to', to);
  return {
    of: ({ topic, partition, low, high }) => {
      if (offset >= low && offset <= high) return offset;
      throw new SettingsError(`${topic}/${partition} reaches from ${low} to ${high}: ${offset} is outside of it.`);
    },
  };
}

async function standingsOf(group: string, { topics, partition }: OffsetsCall, admin: BrokerAdmin): Promise<Standing[]> {
  const { state } = await admin.group(group);
  if (state === 'Dead') {
    throw new SettingsError(`There is no group ${group} on the broker. A service's main group has the service's name.`);
  }
  // kafkajs fails on a topic that is not there, and does not say which.
  const named = await Promise.all(topics.map((topic) => endsOf(topic, admin)));
  const committed = await admin.committed(group, topics);
  const all = [...new Set(committed.map(({ topic }) => topic))].sort();
  const found = topics.length > 0 ? named : await Promise.all(all.map((topic) => endsOf(topic, admin)));
  const positions = new Map(committed.map((position) => [nameOf(position), position.offset]));
  const standings = found.flat().map((ends) => ({ ...ends, committed: positions.get(nameOf(ends)) }));
  if (partition === undefined) return standings;
  if (topics.length !== 1) throw new SettingsError('--partition is one of a topic: a --topic is needed, and one only.');
  const number = Number(wholeOf('--partition', partition));
  const wanted = standings.filter((standing) => standing.partition === number);
  if (wanted.length > 0) return wanted;
  throw new SettingsError(`${topics[0]} has no partition ${partition}: it has 0 to ${standings.length - 1}.`);
}

async function endsOf(topic: string, admin: BrokerAdmin): Promise<Ends[]> {
  try {
    return await admin.ends([topic]);
  } catch (error) {
    if (brokerErrorType(error) !== 'UNKNOWN_TOPIC_OR_PARTITION') throw error;
    throw new SettingsError(`There is no topic ${topic} on the broker.`);
  }
}

function show(standings: readonly Standing[], { json, group, out }: OffsetsCall): number {
  for (const { topic, partition, low, high, committed } of standings) {
    const left = Number(high - (committed === undefined || committed < low ? low : committed));
    if (json) {
      const [first, end] = [low.toString(), high.toString()];
      out(JSON.stringify({ topic, partition, committed: committed?.toString() ?? null, low: first, high: end, left }));
    } else out(`${topic}/${partition}  at ${committed ?? '–'} of ${low} to ${high}, ${left} left`);
  }
  if (!json && standings.length === 0) out(`Group ${group} has committed nothing.`);
  return 0;
}

async function reset(
  group: string,
  standings: readonly Standing[],
  target: Aim,
  { dryRun, json, out }: OffsetsCall,
  connection: KafkaConnection,
  admin: BrokerAdmin,
): Promise<number> {
  if (standings.length === 0) {
    throw new SettingsError(`Group ${group} has committed nothing: name the topics that are meant with --topic.`);
  }
  const at = target.time === undefined ? new Map<string, bigint>() : await offsetsAt(standings, target.time, admin);
  const moves = standings.map((standing) => ({ standing, offset: target.of(standing, at) }));
  const { members } = await admin.group(group);
  if (members.length > 0 && !dryRun) throw new SettingsError(stillRunning(group, members));
  if (!dryRun) await store(group, moves, connection, admin);
  for (const { standing, offset } of moves) {
    const facts = moveOf(standing, offset);
    if (json) out(JSON.stringify(facts));
    else out(`${nameOf(standing)}  ${facts.from ?? '–'} → ${facts.to}${inWords(facts)}`);
  }
  const [again, skipped] = sumsOf(moves);
  const [beHandled, beSkipped] = dryRun ? ['would be', 'would be'] : ['will be', 'will be'];
  if (!json) {
    out(
      `${dryRun ? 'Dry run: ' : ''}${again} records ${beHandled} handled again, ${skipped} ${beSkipped} skipped.${dryRun ? ' Nothing was moved.' : ''}`,
    );
    if (dryRun && members.length > 0) out(stillRunning(group, members));
  }
  return 0;
}

type Move = { readonly standing: Standing; readonly offset: bigint };

async function store(
  group: string,
  moves: readonly Move[],
  connection: KafkaConnection,
  admin: BrokerAdmin,
): Promise<void> {
  const positions = moves.map(({ standing: { topic, partition }, offset }) => ({ topic, partition, offset }));
  try {
    await setOffsets(connection, group, positions);
  } catch (error) {
    // Somebody has joined between the question and the commit: the broker moves a group without members only.
    const { members } = await admin.group(group);
    if (members.length > 0) throw new SettingsError(stillRunning(group, members), { cause: error });
    throw error;
  }
}

async function offsetsAt(
  standings: readonly Standing[],
  time: number,
  admin: BrokerAdmin,
): Promise<Map<string, bigint>> {
  const found = new Map<string, bigint>();
  for (const topic of new Set(standings.map((standing) => standing.topic))) {
    for (const [partition, offset] of await admin.offsetsAt(topic, time))
      found.set(nameOf({ topic, partition }), offset);
  }
  return found;
}

/** In offsets: as many records, or fewer where transactions and compaction have left gaps. */
function moveOf({ topic, partition, committed, low }: Standing, offset: bigint) {
  const at = committed === undefined || committed < low ? low : committed;
  const [again, skipped] = [at > offset ? Number(at - offset) : 0, offset > at ? Number(offset - at) : 0];
  return { topic, partition, from: committed?.toString() ?? null, to: offset.toString(), again, skipped };
}

const sumsOf = (moves: readonly Move[]): [number, number] =>
  moves
    .map(({ standing, offset }) => moveOf(standing, offset))
    .reduce<[number, number]>((sums, { again, skipped }) => [sums[0] + again, sums[1] + skipped], [0, 0]);

function inWords({ again, skipped }: { readonly again: number; readonly skipped: number }): string {
  return again > 0 ? `  (${again} again)` : skipped > 0 ? `  (${skipped} skipped)` : '';
}

const stillRunning = (group: string, members: readonly string[]): string =>
  `Group ${group} has members, and would commit over it: stop ${members.join(', ')} first (npm run replicas -- stop ${members.join(' ')}), and start them afterwards.`;
