import {
  describeFailure,
  isPassing,
  type KafkaConnection,
  TopicAdmin,
  type TopicState,
  whyNotGrown,
} from '../client/index.js';
import { NotReadyError, SettingsError } from '../errors.js';
import type { Topology } from '../topology/topology.js';
import { shownRetention } from './durations.js';
import { consequences, planGrowth } from './growth.js';
import { changesOf, unreadOf, whyNotCompacted, type Wish } from './set.js';
import { listTopics } from './topic-list.js';

/** What somebody typed, and where the answer goes. */
export interface TopicsCall extends Wish {
  readonly command: string;
  readonly topic?: string | undefined;
  readonly partitions?: string | undefined;
  readonly dryRun?: boolean;
  readonly loseUnread?: boolean;
  /** One JSON document a line, of `list`. */
  readonly json?: boolean;
  /** Of all services, as they print it with `--topology`. */
  readonly topologies: readonly Topology[];
  connect(): KafkaConnection;
  readonly out: (line: string) => void;
}

const USAGE = `What topics are, and what they should be.

  list     partitions, retention and cleanup of each, and where it is not what the contracts say
  set      changes what is named of a topic, and nothing else: --topic T --retention 7d
  grow     more partitions: first those of the retry topics that serve it: --topic T --partitions 12

  --topic orders.order-placed.v1
  --retention 7d            30m, 12h, 7d, forever; what is older goes within moments, everywhere
  --lose-unread             also what a group has not handled yet
  --compact                 of each key the last event is kept, and that for ever
  --config name=value       any other setting of a topic; may be given more than once
  --reset name              back to the broker's default; may be given more than once
  --partitions 12
  --dry-run                 says what would be done, and asks the broker whether it could be
  --topology billing.json   what a service prints with --topology; once for each service
  --brokers host:port       default: KAFKA_BROKERS; KAFKA_SSL=true; a login: KAFKA_SASL_MECHANISM, _USERNAME, _PASSWORD
  --json                    a JSON document a line, of list`;

type Command = (call: TopicsCall, admin: TopicAdmin) => Promise<number>;

/**
 * @returns the exit code: 0, or 1 where nothing was changed because of what would be lost
 * @throws SettingsError, NotReadyError: a sentence for who typed it
 */
export async function runTopics(call: TopicsCall): Promise<number> {
  if (call.command === 'help') {
    call.out(USAGE);
    return 0;
  }
  const command = COMMANDS[call.command];
  if (!command)
    throw new SettingsError(`"${call.command}" is none of ${Object.keys(COMMANDS).join(', ')}.\n\n${USAGE}`);
  const connection = call.connect();
  const admin = new TopicAdmin(connection);
  try {
    await admin.connect();
    return await command(call, admin);
  } catch (error) {
    if (!isPassing(error)) throw error;
    throw new NotReadyError(`Kafka does not answer at ${connection.address}: ${describeFailure(error)}`, {
      cause: error,
    });
  } finally {
    await admin.close();
  }
}

const list: Command = async ({ json, topologies, out }, admin) => {
  const listed = listTopics(await admin.describe(), topologies);
  if (json) {
    for (const topic of listed) out(JSON.stringify(topic));
    return 0;
  }
  const rows = listed.map(({ topic, partitions, retentionMs, cleanup, differs }) => [
    topic,
    String(partitions),
    cleanup === 'compact' ? '–' : shownRetention(retentionMs),
    cleanup,
    differs.join('; '),
  ]);
  for (const line of columns([['topic', 'partitions', 'retention', 'cleanup', 'differs'], ...rows])) out(line);
  const differing = listed.filter(({ differs }) => differs.length > 0).length;
  const whose =
    topologies.length > 0 ? `${differing} differ from their contracts` : 'no --topology was given to compare';
  out(`${listed.length} topics; ${whose}.`);
  return 0;
};

const set: Command = async (call, admin) => {
  const { topic, config: before } = existing(call, await admin.describe(call.topic ? [call.topic] : []));
  const { topologies, dryRun = false, out } = call;
  const changes = changesOf(call);
  const compacted = changes.some(({ name, value }) => name === 'cleanup.policy' && value?.includes('compact'));
  const reason = compacted ? whyNotCompacted(topic, topologies) : undefined;
  if (reason) throw new SettingsError(reason);
  const retention = changes.find(({ name }) => name === 'retention.ms')?.value ?? '-1';
  if (Number(retention) >= 0) {
    const { old, unread } = await unreadOf(admin, topic, Number(retention), topologies);
    if (old > 0) out(`${old} records of ${topic} are older than ${shownRetention(Number(retention))}, and go.`);
    for (const { group, records } of unread) out(`${group} has not handled ${records} of them.`);
    if (unread.length > 0 && !call.loseUnread && !dryRun) {
      out('Nothing was changed: wait until they are handled, or say --lose-unread.');
      return 1;
    }
  }
  await admin.alter(topic, changes, dryRun);
  for (const { name, value } of changes) {
    out(`${topic}: ${name} ${before.get(name) ?? '(not set)'} → ${value ?? "the broker's default"}`);
  }
  if (compacted) out('Of each key the last event is kept, for ever; a group that is behind sees no other.');
  if (dryRun) out(NOTHING_DONE);
  return 0;
};

const grow: Command = async (call, admin) => {
  const found = await admin.describe();
  const { topic, partitions: from } = existing(call, found);
  const { topologies, dryRun = false, out } = call;
  const to = Number(call.partitions);
  if (!Number.isInteger(to) || to < 1 || to > MOST_PARTITIONS) {
    throw new SettingsError(
      `--partitions is "${call.partitions ?? ''}": a whole number from 1 to ${MOST_PARTITIONS} is expected.`,
    );
  }
  if (to < from) throw new SettingsError(whyNotShrunk(topic, from, to));
  const partitions = new Map([...found].map(([name, state]) => [name, state.partitions]));
  const steps = planGrowth(topic, to, topologies, partitions);
  if (steps.length === 0) out(`${topic} has ${from} partitions already.`);
  if (topologies.length === 0)
    out('No --topology was given: retry topics of those who handle it are not known, and not grown.');
  for (const step of steps) {
    await admin.grow(step.topic, step.to, dryRun).catch((error: unknown) => {
      const reason = whyNotGrown(error);
      throw reason === undefined ? error : new SettingsError(`Kafka does not grow ${step.topic}: ${reason}`);
    });
    out(`${step.topic}: ${step.from} → ${step.to} partitions`);
  }
  if (from < to) for (const sentence of consequences({ topic, from, to }, topologies)) out(`- ${sentence}`);
  if (dryRun) out(NOTHING_DONE);
  return 0;
};

const COMMANDS: Readonly<Record<string, Command>> = { list, set, grow };
const NOTHING_DONE = 'Nothing was changed: --dry-run.';
const MOST_PARTITIONS = 10_000;

const whyNotShrunk = (topic: string, from: number, to: number): string =>
  `${topic} has ${from} partitions and can not have ${to}: Kafka takes none away, since records and positions are theirs. ` +
  'The way out is a new topic, the next version of its contract, with fewer.';

function existing(
  { topic }: TopicsCall,
  found: ReadonlyMap<string, TopicState>,
): TopicState & { readonly topic: string } {
  if (!topic) throw new SettingsError('--topic is missing: which one?');
  const state = found.get(topic);
  if (!state) {
    throw new SettingsError(
      `There is no topic ${topic}, or this user may not see it: \`list\` names those that there are.`,
    );
  }
  return { topic, ...state };
}

function columns(rows: readonly string[][]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  return rows.map((row) =>
    row
      .map((text, column) => text.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
