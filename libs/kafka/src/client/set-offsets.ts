import type { KafkaConnection } from './connection.js';
import { byTopic, type Coordinator } from './group-commits.js';
import type { Position } from './record.js';

/**
 * Moves a group that has no members, all positions in one request. kafkajs' own `setOffsets` makes a consumer for each
 * topic and takes 5 s each; its `resetOffsets` stores no offset at all, but "earliest" or "latest".
 * @throws what the broker answers: UNKNOWN_MEMBER_ID where somebody has joined
 */
export async function setOffsets(
  connection: KafkaConnection,
  groupId: string,
  positions: readonly Position[],
): Promise<void> {
  const cluster = connection.cluster({ requestTimeout: 5_000 });
  try {
    await cluster.connect();
    const coordinator = (await cluster.findGroupCoordinator({ groupId })) as unknown as Coordinator;
    // As an operator's tools sign: of no generation, which the broker takes while there is none.
    await coordinator.offsetCommit({ groupId, groupGenerationId: -1, memberId: '', topics: byTopic(positions) });
  } finally {
    await cluster.disconnect();
  }
}
