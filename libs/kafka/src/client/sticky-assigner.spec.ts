import { describe, expect, it } from '@jest/globals';
import { randomInt } from 'node:crypto';
import kafkajs, { type Cluster } from 'kafkajs';
import { assignSticky, type Member, stickyAssigner } from './sticky-assigner.js';

type Assigned = Map<string, Record<string, number[]>>;

const member = (id: string, topics: string[], owned: Record<string, number[]> = {}, since = 1): Member => ({
  id,
  topics,
  note: { owned, since, counts: {} },
});

const six = () => 6;
const plain = (assigned: Assigned): Record<string, Record<string, number[]>> => Object.fromEntries(assigned);

/** Members as they come back with what they were given. */
const keeping = (members: readonly Member[], assigned: Assigned, since: number): Member[] =>
  members.map(({ id, topics }) => member(id, [...topics], assigned.get(id) ?? {}, since));

/** How many partitions have another member than before. */
const moved = (before: Assigned, after: Assigned): number =>
  [...after].reduce(
    (sum, [id, topics]) =>
      sum +
      Object.entries(topics).reduce(
        (count, [topic, partitions]) =>
          count + partitions.filter((partition) => !before.get(id)?.[topic]?.includes(partition)).length,
        0,
      ),
    0,
  );

describe('the partitions of a group', () => {
  it('are shared evenly, topic by topic and in all', () => {
    const assigned = assignSticky([member('a', ['x', 'y']), member('b', ['x', 'y'])], () => 3);

    expect(plain(assigned)).toEqual({ a: { x: [0, 2], y: [1] }, b: { x: [1], y: [0, 2] } });
  });

  it('stay where they are when nobody comes or goes', () => {
    const members = [member('a', ['x']), member('b', ['x']), member('c', ['x'])];
    const before = assignSticky(members, () => 7);

    const after = assignSticky(keeping(members, before, 2), () => 7);

    expect(plain(after)).toEqual(plain(before));
  });

  it('move no more than they must when a member joins', () => {
    const members = [member('a', ['x']), member('b', ['x'])];
    const before = assignSticky(members, six);

    const after = assignSticky([...keeping(members, before, 2), member('c', ['x'])], six);

    expect([...after.values()].map(({ x }) => x?.length)).toEqual([2, 2, 2]);
    expect(moved(before, after)).toBe(2);
  });

  it('move no more than they must when a member leaves', () => {
    const members = [member('a', ['x']), member('b', ['x']), member('c', ['x'])];
    const before = assignSticky(members, six);

    const after = assignSticky(keeping(members, before, 2).slice(0, 2), six);

    expect([...after.values()].map(({ x }) => x?.length)).toEqual([3, 3]);
    expect(moved(before, after)).toBe(2);
  });

  it('go only to members that subscribe to the topic', () => {
    const old = member('old', ['x']);
    const young = member('young', ['x', 'y']);

    const assigned = assignSticky([old, young], () => 2);

    expect(assigned.get('old')).toEqual({ x: expect.any(Array) });
    expect(assigned.get('young')).toMatchObject({ y: [0, 1] });
  });

  it('belong to the later of two claims: who was away still believes in what it held', () => {
    const assigned = assignSticky(
      [member('away', ['x'], { x: [0, 1] }, 1), member('here', ['x'], { x: [0, 1] }, 2)],
      () => 4,
    );

    expect(plain(assigned)).toEqual({ away: { x: [2, 3] }, here: { x: [0, 1] } });
  });

  it('are all given away although a claim names some that do not exist', () => {
    const assigned = assignSticky([member('a', ['x'], { x: [7, 9] }), member('b', ['x'])], () => 3);

    expect([...assigned.values()].flatMap(({ x }) => x ?? []).sort()).toEqual([0, 1, 2]);
  });

  it('are each given to one member, evenly, whatever the past of the group', () => {
    for (let round = 0; round < 200; round++) {
      const topics = ['x', 'y', 'z'].slice(0, randomInt(1, 4));
      const counts = new Map(topics.map((topic) => [topic, randomInt(1, 12)]));
      const members = Array.from({ length: randomInt(1, 6) }, (_, index) => {
        const owned = Object.fromEntries(
          topics.map((topic) => [topic, Array.from({ length: randomInt(6) }, () => randomInt(14))]),
        );
        return member(`m${index}`, topics, owned, randomInt(3));
      });

      const assigned = assignSticky(members, (topic) => counts.get(topic) ?? 0);

      for (const [topic, count] of counts) {
        const shares = [...assigned.values()].map((share) => share[topic] ?? []);
        const sizes = shares.map(({ length }) => length);
        expect(shares.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, index) => index));
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      }
    }
  });
});

describe('the assigner on the wire', () => {
  const cluster = (counts: Record<string, number>): Cluster =>
    ({
      findTopicPartitionMetadata: (topic: string) => Array.from({ length: counts[topic] ?? 0 }),
    }) as unknown as Cluster;

  const join = (memberId: string, topics: string[], known: Record<string, number>) => ({
    memberId,
    memberMetadata: stickyAssigner(cluster(known), () => ({ assignment: new Map(), since: 0 })).protocol({ topics })
      .metadata,
  });

  const decode = (assignments: { memberId: string; memberAssignment: Buffer }[]) =>
    Object.fromEntries(
      assignments.map(({ memberId, memberAssignment }) => [
        memberId,
        kafkajs.AssignerProtocol.MemberAssignment.decode(memberAssignment)?.assignment,
      ]),
    );

  const leader = stickyAssigner(cluster({ x: 2 }), () => ({ assignment: new Map(), since: 0 }));

  it('gives a topic that the leader does not know to the member that does', async () => {
    const members = [join('old', ['x'], { x: 2 }), join('young', ['x', 'y'], { x: 2, y: 3 })];

    const assigned = decode(await leader.assign({ members, topics: ['x'] }));

    expect(assigned['young']).toMatchObject({ y: [0, 1, 2] });
    expect(assigned['old']).toEqual({ x: [0] });
  });

  it.each([
    ['no note', Buffer.alloc(0)],
    ['a note of another kind', Buffer.from('not json')],
  ])('serves a member with %s as one that holds nothing', async (_, userData) => {
    const metadata = kafkajs.AssignerProtocol.MemberMetadata.encode({ version: 1, topics: ['x'], userData });
    const members = [{ memberId: 'foreign', memberMetadata: metadata }, join('ours', ['x'], { x: 2 })];

    const assigned = decode(await leader.assign({ members, topics: ['x'] }));

    expect(assigned).toEqual({ foreign: { x: [0] }, ours: { x: [1] } });
  });

  it.each([
    { owned: null, counts: [], since: 'yesterday' },
    { owned: { x: 7 }, counts: { x: -1 } },
    { owned: { x: [-1, 0.5, 'a', 1e300] }, counts: { x: 1e300 }, since: -1 },
    null,
    7,
  ])('survives a note with fields of another shape: %j', async (note) => {
    const userData = Buffer.from(JSON.stringify(note));
    const metadata = kafkajs.AssignerProtocol.MemberMetadata.encode({ version: 1, topics: ['x'], userData });
    const members = [{ memberId: 'foreign', memberMetadata: metadata }, join('ours', ['x'], { x: 2 })];

    const assigned = decode(await leader.assign({ members, topics: ['x'] }));

    expect(assigned).toEqual({ foreign: { x: [0] }, ours: { x: [1] } });
  });
});
