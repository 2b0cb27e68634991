import type { Broker, TopicOffsets } from 'kafkajs';
import type { Position } from './record.js';

/** kafkajs knows more than its types say. */
export type Coordinator = Broker & {
  joinGroup(request: object): Promise<{ generationId: number; memberId: string }>;
  leaveGroup(request: { groupId: string; memberId: string }): Promise<unknown>;
};

interface Membership {
  readonly coordinator: Coordinator;
  readonly memberId: string;
  readonly groupGenerationId: number;
}

/**
 * Commits of one member, each signed with the generation that its positions are of: the coordinator refuses it when that
 * one is over. kafkajs' own `commitOffsets` tries again by itself, and so takes a group back:
 * 1. a commit fails on its way, or while the coordinator loads;
 * 2. the group rebalances, and a partition goes to another member, which goes on with it;
 * 3. the old positions are sent again in the name of the new generation, and the broker does not ask whose they are.
 */
export class GroupCommits {
  readonly #watched = new WeakSet<Coordinator>();
  #joining: Membership | undefined;
  #membership: Membership | undefined;

  /** @param found what the group has committed, as the broker says it before the first fetch of a generation */
  constructor(
    private readonly groupId: string,
    private readonly found: (positions: readonly Position[]) => void,
  ) {}

  /** kafkajs tells nobody which generation it has joined; its request to join does. */
  watch(coordinator: Coordinator): void {
    if (this.#watched.has(coordinator)) return;
    this.#watched.add(coordinator);
    const join = coordinator.joinGroup.bind(coordinator);
    coordinator.joinGroup = async (request) => {
      const answer = await join(request);
      this.#joining = { coordinator, memberId: answer.memberId, groupGenerationId: answer.generationId };
      return answer;
    };
    const fetch = coordinator.offsetFetch.bind(coordinator);
    coordinator.offsetFetch = async (request) => {
      const answer = await fetch(request);
      this.found(answer.responses.flatMap(committed));
      return answer;
    };
  }

  /** To be called with the new assignment: between the two, old positions would be signed with the new generation. */
  joined(): void {
    this.#membership = this.#joining;
  }

  ended(): void {
    this.#membership = undefined;
  }

  /** Once, without another try. True when the broker has stored them; false outside of a membership. */
  async commit(positions: readonly Position[]): Promise<boolean> {
    if (!this.#membership) return false;
    const { coordinator, ...signature } = this.#membership;
    await coordinator.offsetCommit({ ...signature, groupId: this.groupId, topics: byTopic(positions) });
    return true;
  }
}

/** Below 0 there is none. */
const committed = ({ topic, partitions }: TopicOffsets): Position[] =>
  partitions
    .map(({ partition, offset }) => ({ topic, partition, offset: BigInt(offset) }))
    .filter(({ offset }) => offset >= 0n);

export function byTopic(positions: readonly Position[]): TopicOffsets[] {
  const topics = new Map<string, TopicOffsets['partitions']>();
  for (const { topic, partition, offset } of positions) {
    const partitions = topics.get(topic) ?? [];
    topics.set(topic, partitions);
    partitions.push({ partition, offset: offset.toString() });
  }
  return [...topics].map(([topic, partitions]) => ({ topic, partitions }));
}
