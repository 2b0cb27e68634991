import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as work } from 'node:timers/promises';
import { BrokerUnderTest } from '../testing/broker-under-test.js';
import { countsBy } from '../testing/counts.js';
import { eventually } from '../testing/eventually.js';
import { MemberProcess } from '../testing/member-process.js';
import { type OwnBroker, startOwnBroker } from '../testing/own-broker.js';
import { type ServiceUnderTest, startService, uniqueService } from '../testing/service-under-test.js';
import { account, type Handled, type Things, thingsOf, ThingStream } from '../testing/things.js';

const PARTITIONS = 6;
/** A broker takes its time to start where others need the machine, too. */
const DEADLINE_MS = 60_000;

let own: OwnBroker;
let broker: BrokerUnderTest;
let shop: string;
let things: Things;
let handled: Handled[];
let running: (ServiceUnderTest | MemberProcess)[];

async function start(settings: object = {}): Promise<ServiceUnderTest> {
  const controller = things.controller(async (call) => {
    await work(5);
    handled.push({ replica: 1, ...call });
  });
  const service = await startService({
    service: shop,
    contracts: [things.contract],
    controllers: [controller],
    settings: { brokers: [own.kafka], replica: 1, ...settings },
  });
  running.push(service);
  return service;
}

async function startMember(replica: number): Promise<MemberProcess> {
  const settings = { brokers: [own.kafka], heartbeatMs: 100 };
  const member = await MemberProcess.start({ service: shop, partitions: PARTITIONS, handlerMs: 5, replica, settings });
  running.push(member);
  return member;
}

const stream = () => new ThingStream(broker, things.topic, PARTITIONS, 15);
const settled = () => eventually('no lag', async () => (await broker.lag(shop, things.topic)) === 0);

async function portIsOpen(): Promise<boolean> {
  const [host, port] = own.kafka.split(':');
  const socket = connect(Number(port), host);
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

beforeAll(async () => {
  own = await startOwnBroker();
  broker = await new BrokerUnderTest([own.kafka]).connect();
});

beforeEach(() => {
  shop = uniqueService('restarted');
  things = thingsOf(shop, PARTITIONS);
  handled = [];
  running = [];
});

afterEach(() => Promise.all(running.map((one) => one.stop())));

afterAll(async () => {
  await broker.close();
  await own.remove();
});

describe('a broker that is killed under a consumer and comes back', () => {
  it('is found again: health is degraded until then, and nothing is lost', async () => {
    const service = await start();
    const before = stream().start();
    await eventually('some are handled', () => handled.length > 100);
    await before.stop();

    await own.kill();
    const away = await eventually('it is noticed', () => {
      const report = service.health.report();
      return report.status !== 'ok' && report;
    });
    await own.start();
    await eventually('it is well again', () => service.health.report().status === 'ok', DEADLINE_MS);
    const after = stream();
    await after.round();
    await settled();

    expect(away).toEqual({ status: 'degraded', ready: true, reasons: [expect.stringContaining('; reconnecting')] });
    expect(service.health.report()).toEqual({ status: 'ok', ready: true, reasons: [] });
    expect((await service.metrics.assigned.get()).values[0]?.value).toBe(PARTITIONS);
    expect(account(before.sent, handled).lost).toEqual([]);
    expect(handled).toHaveLength(new Set(handled.map(({ partition, offset }) => `${partition}/${offset}`)).size);
  });
});

describe('a service that starts while its broker does', () => {
  it.each(['before its port opens', 'at the moment its port opens'])('joins its group: %s', async (moment) => {
    await (await start()).stop();
    await stream().round();
    await own.kill();

    const back = own.start();
    if (moment.startsWith('at')) await eventually('the port opens', portIsOpen, DEADLINE_MS);
    const service = await start({ startTimeoutMs: DEADLINE_MS });
    await back;
    await settled();

    expect(service.health.report()).toEqual({ status: 'ok', ready: true, reasons: [] });
    expect((await countsBy(service.metrics.crashes, 'restarts'))['false'] ?? 0).toBe(0);
    expect(handled).toHaveLength(PARTITIONS);
  });
});

describe('the log of replicas that are replaced one by one, and whose broker restarts', () => {
  it('has no error that needs nobody', async () => {
    const first = await Promise.all([startMember(1), startMember(2)]);
    const before = stream().start();
    const second: MemberProcess[] = [];
    for (const old of first) {
      await eventually('it works', () => old.handled.length > 50);
      await old.stop();
      second.push(await startMember(old.replica));
    }
    await before.stop();
    await settled();
    await own.kill();
    await eventually('both notice', () => second.every(({ output }) => output.includes('reconnecting.')));
    const joins = ({ output }: MemberProcess) => output.split(`Joined group ${shop}`).length;
    // Before the start: when it says that it is through, a member may be back already.
    const joined = second.map(joins);
    await own.start();
    await eventually('both are back', () => second.every((member, index) => joins(member) > (joined[index] ?? 0)));
    await stream().round();
    await settled();
    await Promise.all(second.map((member) => member.stop()));

    for (const { output, errors } of [...first, ...second]) {
      expect(output).toContain(`Joined group ${shop}`);
      expect(output.split('\n').filter((line) => /\b(ERROR|FATAL)\b|Warning:/.test(line))).toEqual([]);
      expect(errors).toBe('');
    }
  });
});
