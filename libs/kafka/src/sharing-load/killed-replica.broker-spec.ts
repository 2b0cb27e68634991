import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { BrokerUnderTest } from '../testing/broker-under-test.js';
import { eventually } from '../testing/eventually.js';
import { MemberProcess } from '../testing/member-process.js';
import { uniqueService } from '../testing/service-under-test.js';
import { account, type Handled, type Things, thingsOf, ThingStream } from '../testing/things.js';

const PARTITIONS = 6;

let shop: string;
let things: Things;
let broker: BrokerUnderTest;
let members: MemberProcess[];

async function start(replica: number, sessionTimeoutMs: number, options: object = {}): Promise<MemberProcess> {
  const member = await MemberProcess.start({
    service: shop,
    partitions: PARTITIONS,
    handlerMs: 3,
    replica,
    settings: { sessionTimeoutMs, heartbeatMs: 200, commitMs: 100 },
    ...options,
  });
  members.push(member);
  return member;
}

const partitionsOf = async (replica: number): Promise<number> =>
  (await broker.assignments(shop))[`${shop}-${replica}`]?.length ?? 0;

/** Resolves when it has so many partitions and has handled something more. */
async function works(member: MemberProcess, partitions: number, more = 100): Promise<void> {
  await eventually(
    `${partitions} partitions for ${member.replica}`,
    async () => (await partitionsOf(member.replica)) === partitions,
  );
  const before = member.handled.length;
  await eventually(`${member.replica} goes on`, () => member.handled.length > before + more);
}

const handled = (): Handled[] => members.flatMap((member) => member.handled);
const settled = () => eventually('no lag', async () => (await broker.lag(shop, things.topic)) === 0);

beforeAll(async () => {
  broker = await new BrokerUnderTest().connect();
});

beforeEach(async () => {
  shop = uniqueService('killed');
  things = thingsOf(shop, PARTITIONS);
  members = [];
  await broker.createTopic(things.topic, PARTITIONS);
});

afterEach(() => Promise.all(members.map((member) => member.kill())));

afterAll(() => broker.close());

describe('a replica that is killed under load', () => {
  it('loses nothing; what comes again is what it had handled and not committed', async () => {
    const [killed, other] = await Promise.all([start(1, 3_000, { stuckOn: 'in flight' }), start(2, 60_000)]);
    const stream = new ThingStream(broker, things.topic, PARTITIONS, 15).start();
    await Promise.all([works(killed, 3), works(other, 3)]);
    const [held = ''] = (await broker.assignments(shop))[`${shop}-1`] ?? [];
    const partition = Number(held.split('/').at(-1));
    await broker.send(things.topic, { partition, value: JSON.stringify({ thing: 'in flight' }) });
    await works(killed, 3, 200);

    await killed.kill();
    const committed = await broker.committed(shop, things.topic);
    await works(other, PARTITIONS);
    await stream.stop();
    await settled();

    const { lost, again } = account([...stream.sent, 'in flight'], [...killed.handled, ...other.handled]);
    const byKilled = new Set(killed.handled.map(({ thing }) => thing));
    expect(lost).toEqual([]);
    expect(again.filter(({ thing }) => !byKilled.has(thing))).toEqual([]);
    expect(again.filter(({ partition, offset }) => offset < (committed[partition] ?? 0))).toEqual([]);
    expect(account(stream.sent, other.handled).again).toEqual([]);
  });

  it('is back at once: it throws its own ghost out of the group', async () => {
    const killed = await start(1, 60_000);
    const stream = new ThingStream(broker, things.topic, PARTITIONS, 15).start();
    await works(killed, PARTITIONS);

    await killed.kill();
    let back = false;
    const starting = start(1, 60_000).finally(() => (back = true));
    starting.catch(() => undefined); // awaited below
    // A group waits for a ghost as long as it would for a member that is slow to join again: with it in the group.
    let most = 0;
    while (!back) most = Math.max(most, (await broker.members(shop)).length);
    await works(await starting, PARTITIONS);
    await stream.stop();
    await settled();

    expect(most).toBe(1);
    expect(account(stream.sent, handled()).lost).toEqual([]);
    expect(await broker.members(shop)).toEqual([`${shop}-1`]);
  });
});

describe('a replica that stands still for longer than its session', () => {
  it('loses nothing, and no offset goes back when it wakes up', async () => {
    const other = await start(2, 60_000);
    const stream = new ThingStream(broker, things.topic, PARTITIONS, 15).start();
    // The second to come gets the same partitions when it comes back.
    const frozen = await start(1, 1_500);
    await Promise.all([works(frozen, 3), works(other, 3)]);
    const steps: string[] = [];
    let last: number[] = [];
    let watching = true;
    const watch = async (): Promise<void> => {
      while (watching) {
        const now = await broker.committed(shop, things.topic);
        for (const [partition, offset] of now.entries()) {
          const before = last[partition] ?? -1;
          if (offset < before) steps.push(`partition ${partition}: ${before} to ${offset}`);
        }
        last = now;
      }
    };
    const watched = watch();

    frozen.freeze();
    await works(other, PARTITIONS);
    frozen.thaw();
    await Promise.all([works(frozen, 3), works(other, 3)]);
    await stream.stop();
    await settled();
    watching = false;
    await watched;

    expect(steps).toEqual([]);
    expect(account(stream.sent, handled()).lost).toEqual([]);
  });
});
