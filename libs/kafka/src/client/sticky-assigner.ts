import kafkajs, { type Assigner, type Cluster, type GroupMember, type GroupMemberAssignment } from 'kafkajs';
import type { Assignment, Position } from './record.js';

/** The version is part of the name: members that would read each other's notes wrongly don't meet. */
export const STICKY_ASSIGNER = 'fieldguide-sticky-v1';

/** What each member tells the leader beside its subscription. */
interface Note {
  /** What it holds now. */
  readonly owned: Record<string, readonly number[]>;
  /** How many partitions it knows of: the leader may not know a topic that only this member subscribes to. */
  readonly counts: Record<string, number>;
  /** When it got what it holds, in ms: of two members that claim a partition the later one is right. */
  readonly since: number;
}

export interface Member {
  readonly id: string;
  readonly topics: readonly string[];
  readonly note: Note;
}

const NOTHING: Note = { owned: {}, counts: {}, since: 0 };

/**
 * Gives partitions to the members that had them, and each topic only to members that subscribe to it. kafkajs' own
 * round robin hands the leader's topics to everybody and forgets all others: in a rolling deploy that brings a new topic
 * its messages lie unread, without an event or a warning.
 */
export function stickyAssigner(cluster: Cluster, held: () => { assignment: Assignment; since: number }): Assigner {
  const { AssignerProtocol } = kafkajs;
  return {
    name: STICKY_ASSIGNER,
    version: 1,
    protocol({ topics }) {
      const { assignment, since } = held();
      const note: Note = {
        owned: Object.fromEntries(assignment),
        counts: Object.fromEntries(topics.map((topic) => [topic, countPartitions(cluster, topic)])),
        since,
      };
      const userData = Buffer.from(JSON.stringify(note));
      return {
        name: STICKY_ASSIGNER,
        metadata: AssignerProtocol.MemberMetadata.encode({ version: 1, topics, userData }),
      };
    },
    assign({ members }) {
      const known = members.map(readMember);
      const partitionsOf = (topic: string) =>
        Math.max(countPartitions(cluster, topic), ...known.map((member) => member.note.counts[topic] ?? 0));
      const answer: GroupMemberAssignment[] = [];
      for (const [memberId, assignment] of assignSticky(known, partitionsOf)) {
        const userData = Buffer.alloc(0);
        answer.push({
          memberId,
          memberAssignment: AssignerProtocol.MemberAssignment.encode({ version: 1, assignment, userData }),
        });
      }
      return Promise.resolve(answer);
    },
  };
}

/** Every member gets every partition of what it subscribes to: for groups of one. */
export function everythingAssigner(cluster: Cluster, wanted?: readonly Position[]): Assigner {
  const { AssignerProtocol } = kafkajs;
  const name = 'fieldguide-everything-v1';
  const userData = Buffer.alloc(0);
  return {
    name,
    version: 1,
    protocol: ({ topics }) => ({
      name,
      metadata: AssignerProtocol.MemberMetadata.encode({ version: 1, topics, userData }),
    }),
    assign: ({ members, topics }) => {
      const assignment = Object.fromEntries(
        topics.map((topic) => [
          topic,
          wanted
            ? wanted.filter((position) => position.topic === topic).map(({ partition }) => partition)
            : Array.from({ length: countPartitions(cluster, topic) }, (_, index) => index),
        ]),
      );
      const memberAssignment = AssignerProtocol.MemberAssignment.encode({ version: 1, assignment, userData });
      return Promise.resolve(members.map(({ memberId }) => ({ memberId, memberAssignment })));
    },
  };
}

/** Partitions by topic for each member. Balanced per topic, to within one partition, among the topic's subscribers. */
export function assignSticky(
  members: readonly Member[],
  partitionsOf: (topic: string) => number,
): Map<string, Record<string, number[]>> {
  const result = new Map(members.map(({ id }) => [id, {}]));
  const totals = new Map(members.map(({ id }) => [id, 0]));
  const topics = [...new Set(members.flatMap((member) => member.topics))].sort();
  for (const topic of topics) {
    const subscribers = members.filter((member) => member.topics.includes(topic));
    const shares = shareTopic(subscribers, topic, partitionsOf(topic), totals);
    for (const [id, partitions] of shares) {
      if (partitions.length === 0) continue;
      (result.get(id) as Record<string, number[]>)[topic] = partitions.sort((a, b) => a - b);
      totals.set(id, (totals.get(id) ?? 0) + partitions.length);
    }
  }
  return result;
}

function shareTopic(
  subscribers: readonly Member[],
  topic: string,
  count: number,
  totals: ReadonlyMap<string, number>,
): Map<string, number[]> {
  const shares = new Map(subscribers.map(({ id }) => [id, [] as number[]]));
  const least = Math.floor(count / subscribers.length);
  let extras = count % subscribers.length;
  const taken = new Set<number>();
  // Later claims first: a member that was away still believes in what it held before.
  const byClaim = [...subscribers].sort((a, b) => b.note.since - a.note.since || (a.id < b.id ? -1 : 1));
  for (const { id, note } of byClaim) {
    const share = shares.get(id) as number[];
    for (const partition of note.owned[topic] ?? []) {
      if (partition >= count || taken.has(partition) || share.length > least) continue;
      if (share.length === least && extras-- <= 0) continue;
      share.push(partition);
      taken.add(partition);
    }
  }
  const load = (id: string): number => (shares.get(id) as number[]).length;
  for (let partition = 0; partition < count; partition++) {
    if (taken.has(partition)) continue;
    const [next] = [...subscribers].sort(
      (a, b) => load(a.id) - load(b.id) || (totals.get(a.id) ?? 0) - (totals.get(b.id) ?? 0) || (a.id < b.id ? -1 : 1),
    );
    if (next) shares.get(next.id)?.push(partition);
  }
  return shares;
}

function readMember({ memberId, memberMetadata }: GroupMember): Member {
  const metadata = kafkajs.AssignerProtocol.MemberMetadata.decode(memberMetadata);
  return { id: memberId, topics: metadata?.topics ?? [], note: readNote(metadata?.userData) };
}

/** Foreign input: what can't be read costs stickiness, nothing else; an error here would end the leader's consumer. */
function readNote(userData: Buffer | undefined): Note {
  try {
    const { owned, counts, since } = JSON.parse(userData?.toString() ?? '') as { [K in keyof Note]: unknown };
    return {
      owned: mapOf(owned, (partitions) => (Array.isArray(partitions) ? partitions.filter(isCount) : [])),
      counts: mapOf(counts, (count) => (isCount(count) ? count : 0)),
      since: isCount(since) ? since : 0,
    };
  } catch {
    return NOTHING;
  }
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

const mapOf = <T>(value: unknown, read: (field: unknown) => T): Record<string, T> =>
  Object.fromEntries(Object.entries(value ?? {}).map(([name, field]) => [name, read(field)]));

/** 0 for a topic that this member has not subscribed to. */
function countPartitions(cluster: Cluster, topic: string): number {
  try {
    return cluster.findTopicPartitionMetadata(topic).length;
  } catch {
    return 0;
  }
}
