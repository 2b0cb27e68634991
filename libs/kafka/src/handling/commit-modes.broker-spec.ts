import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { BrokerUnderTest } from '../testing/broker-under-test.js';
import { eventually } from '../testing/eventually.js';
import { MemberProcess } from '../testing/member-process.js';
import { uniqueService } from '../testing/service-under-test.js';
import { type Things, thingsOf } from '../testing/things.js';

const THINGS = Array.from({ length: 8 }, (_, index) => `thing-${index}`);
/** Five are handled, the sixth is being handled when the process is killed. */
const STUCK = 'thing-5';
const NEVER_MS = 600_000;

let service: string;
let things: Things;
let broker: BrokerUnderTest;
let members: MemberProcess[];

beforeAll(async () => {
  broker = await new BrokerUnderTest().connect();
});

beforeEach(async () => {
  service = uniqueService('commits');
  things = thingsOf(service, 1);
  members = [];
  await broker.createTopic(things.topic, 1);
  await send(...THINGS);
});

afterEach(() => Promise.all(members.map((member) => member.kill())));

afterAll(() => broker.close());

const send = (...names: string[]): Promise<void> =>
  broker.send(things.topic, ...names.map((thing) => ({ key: thing, value: JSON.stringify({ thing }) })));

async function start(commitMs: number, stuckOn?: string): Promise<MemberProcess> {
  // Before it joins again it would commit.
  const settings = { sessionTimeoutMs: 60_000, heartbeatMs: 200, commitMs };
  const member = await MemberProcess.start({ service, partitions: 1, handlerMs: 1, replica: 1, settings, stuckOn });
  members.push(member);
  return member;
}

const namesOf = (member: MemberProcess): string[] => member.handled.map(({ thing }) => thing);

/** What the next process handles that the killed one had handled. */
async function handledAgain(killed: MemberProcess): Promise<string[]> {
  await killed.kill();
  expect(namesOf(killed)).toEqual(THINGS.slice(0, 5));
  const next = await start(100);
  await eventually('the last is handled', () => namesOf(next).at(-1) === THINGS.at(-1));
  return namesOf(next).filter((thing) => namesOf(killed).includes(thing));
}

describe('a replica that is killed while it handles the sixth of one batch', () => {
  it('has committed the five before, though the batch is not through: none comes again', async () => {
    const killed = await start(100, STUCK);
    await eventually('five are committed', async () => (await broker.committed(service, things.topic))[0] === 5);

    expect(await handledAgain(killed)).toEqual([]);
  });

  it('handles again what it had handled since the last commit', async () => {
    const killed = await start(NEVER_MS, STUCK);
    await eventually('five are handled', () => killed.handled.length === 5);

    expect(await handledAgain(killed)).toEqual(THINGS.slice(0, 5));
  });
});

describe('a replica that is asked to stop', () => {
  it('commits what it has handled before it ends, whatever its interval', async () => {
    const stopped = await start(NEVER_MS);
    await eventually('all are handled', () => stopped.handled.length === THINGS.length);

    await stopped.stop();
    const next = await start(NEVER_MS);
    await send('sentinel');

    await eventually('the sentinel', () => namesOf(next).includes('sentinel'));
    expect(namesOf(next)).toEqual(['sentinel']);
  });
});
