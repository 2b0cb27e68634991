import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { IsString } from 'class-validator';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { KafkaConnection, withDefaults } from '../client/index.js';
import { contractOf, currentMessage, Event, HandleEvent, UnrecoverableError } from '../index.js';
import { BrokerUnderTest } from '../testing/broker-under-test.js';
import { brokers } from '../testing/brokers.js';
import { deadLettersOf } from '../testing/dead-letters.js';
import { eventually } from '../testing/eventually.js';
import { type ServiceUnderTest, startService, uniqueService } from '../testing/service-under-test.js';
import { type Call, runDeadLetters } from './commands.js';

const shop = uniqueService('redrives');
const other = uniqueService('bystander');

@Event(`${shop}.thing-done.v1`, { key: 'thing', example: { thing: 'a' }, partitions: 3 })
class ThingDone {
  @IsString() thing!: string;
}

@Event(`${shop}.thing-told.v1`, { key: 'thing', example: { thing: 'a' }, partitions: 1 })
class ThingTold {
  @IsString() thing!: string;
}

const contracts = [ThingDone, ThingTold];
const topic = contractOf(ThingDone).topic;

class NoSuchThing extends UnrecoverableError {}

interface Seen {
  readonly thing: string;
  readonly attempt: number | undefined;
  readonly id: string | undefined;
}

let seen: Seen[] = [];
let heardElsewhere: string[] = [];
let isMended = false;

@Controller()
class Things {
  @HandleEvent(ThingDone)
  done(@Payload() { thing }: ThingDone): void {
    const { attempt, id } = currentMessage() ?? {};
    seen.push({ thing, attempt, id });
    if (!isMended) throw new NoSuchThing(`no such thing as ${thing}`);
  }

  @HandleEvent(ThingTold, { delivery: 'every-replica' })
  told(@Payload() { thing }: ThingTold): void {
    throw new NoSuchThing(`not told: ${thing}`);
  }
}

@Controller()
class Bystander {
  @HandleEvent(ThingDone)
  done(@Payload() { thing }: ThingDone): void {
    heardElsewhere.push(thing);
  }
}

let broker: BrokerUnderTest;
let services: ServiceUnderTest[] = [];

beforeAll(async () => {
  broker = await new BrokerUnderTest().connect();
  const settings = { retryPausesMs: [], keepOrderPausesMs: [] };
  services = [
    await startService({ service: shop, contracts, controllers: [Things], retryDelaysMs: [100, 60_000], settings }),
    await startService({ service: other, contracts, controllers: [Bystander], settings }),
  ];
});

beforeEach(() => {
  seen = [];
  heardElsewhere = [];
  isMended = false;
});

afterAll(async () => {
  await Promise.all(services.map((service) => service.stop()));
  await broker.close();
});

/** As on a command line. */
async function run(command: string, options: Partial<Call> = {}) {
  const lines: string[] = [];
  const code = await runDeadLetters({
    command,
    rest: [],
    service: shop,
    where: [],
    json: false,
    connect: (service) => new KafkaConnection(`${service}.dead-letters`, withDefaults({ brokers: brokers() }), 'spec'),
    out: (line) => lines.push(line),
    progress: () => undefined,
    ...options,
  });
  return { code, lines, text: lines.join('\n') };
}

const openLetters = async (...where: string[]) =>
  (await run('list', { json: true, where })).lines.map((line) => JSON.parse(line) as Record<string, unknown>);

/** Resolves when each of them is a dead letter. */
async function failed(...things: string[]): Promise<void> {
  await broker.send(
    topic,
    ...things.map((thing) => ({ key: thing, value: JSON.stringify({ thing }), headers: { ce_id: `id of ${thing}` } })),
  );
  await eventually('the dead letters', async () => {
    const keys = (await openLetters()).map(({ key }) => key);
    return things.every((thing) => keys.includes(thing));
  });
}

describe('the dead letters of a service', () => {
  it('are listed for people and for scripts, those that are meant', async () => {
    await failed('a list', 'b list');

    expect(await openLetters('key=a list')).toMatchObject([
      {
        topic,
        key: 'a list',
        group: shop,
        handler: 'Things.done',
        attempts: 1,
        code: 'UNRECOVERABLE',
        error: 'NoSuchThing',
        message: 'no such thing as a list',
        redrives: 0,
      },
    ]);
    expect(await openLetters('key=a list', 'topic=elsewhere')).toEqual([]);
    expect(await openLetters('since=5m', 'error=NoSuchThing', 'key=b list')).toHaveLength(1);
    expect(await openLetters('until=5m')).toEqual([]);
    const { text, code } = await run('list', { where: ['key=a list'] });
    expect(code).toBe(0);
    expect(text).toMatch(
      /^id +at +topic +key +handler +code +message\n\d\/\d+ .* no such thing as a list\n1 of \d+ open/,
    );
  });

  it('are shown whole', async () => {
    await failed('a show');
    const [letter] = await openLetters('key=a show');

    const { text } = await run('show', { rest: [String(letter?.['id'])] });

    expect(text).toContain('value       {"thing":"a show"}');
    expect(text).toContain('ce_id: id of a show');
    expect(text).toContain('kafka_dlt-exception-stacktrace: NoSuchThing: no such thing as a show');
  });

  it('are handled again by the service that failed and by nobody else, as what they were, and are settled then', async () => {
    await failed('a redrive', 'b redrive');
    await eventually('the bystander heard', () => heardElsewhere.length === 2);
    isMended = true;
    seen = [];

    const { text, code } = await run('redrive', { where: ['key=a redrive'] });
    const again = await eventually('handled again', () => seen[0]);

    expect({ text, code }).toEqual({ text: expect.stringMatching(/^1 redriven; \d+ are left\.$/), code: 0 });
    expect(again).toEqual({ thing: 'a redrive', attempt: 1, id: 'id of a redrive' });
    expect(await openLetters('key=a redrive')).toEqual([]);
    expect(await openLetters('key=b redrive')).toHaveLength(1);
    expect(heardElsewhere.filter((thing) => thing === 'a redrive')).toHaveLength(1);
    expect((await broker.read(topic)).filter(({ key }) => String(key) === 'a redrive')).toHaveLength(1);
  });

  it('that fail once more are dead letters again, with their first origin, and are counted', async () => {
    await failed('a circle');
    const [first] = await openLetters('key=a circle');

    await run('redrive', { where: ['key=a circle'] });
    const [second] = await eventually('a dead letter again', async () => {
      const found = await openLetters('key=a circle');
      return found.length === 1 && found[0]?.['id'] !== first?.['id'] && found;
    });
    await run('redrive', { where: ['key=a circle'] });
    const third = await eventually('and again', async () => {
      const found = await openLetters('key=a circle');
      return found.length === 1 && found[0]?.['id'] !== second?.['id'] && found[0];
    });

    expect(third).toMatchObject({ origin: first?.['origin'], topic, redrives: 2, attempts: 1, group: shop });
  });

  it('are left alone where they are discarded', async () => {
    await failed('a discard', 'b discard');
    const before = (await openLetters()).length;

    const { text } = await run('discard', { where: ['key=a discard'] });

    expect(text).toBe(`1 discarded; ${before - 1} are left.`);
    expect(await openLetters('key=a discard')).toEqual([]);
    expect((await deadLettersOf(broker, shop)).map(({ record }) => String(record.key))).toContain('a discard');
  });

  it('of every-replica delivery are not sent back: one replica would get them', async () => {
    await broker.send(contractOf(ThingTold).topic, { key: 'told', value: '{"thing":"told"}' });
    await eventually('a dead letter', async () => (await openLetters('key=told')).length === 1);

    const { text, code } = await run('redrive', { where: ['key=told'] });

    expect(code).toBe(1);
    expect(text).toMatch(/^1 not redriven: it failed in one replica of every-replica delivery: restart that replica/);
    expect(await openLetters('key=told')).toHaveLength(1);
  });
});

describe('a command that can not be done', () => {
  it.each([
    [
      'without a service',
      run.bind(undefined, 'list', { service: undefined }),
      '--service is missing: whose dead letters?',
    ],
    ['of another name', run.bind(undefined, 'lost'), '"lost" is none of list, show, redrive, discard.'],
    ['without saying which', run.bind(undefined, 'redrive'), 'redrive needs a --where: which of them?'],
    [
      'with no condition',
      run.bind(undefined, 'list', { where: ['colour=red'] }),
      '"colour=red" is no condition: topic=…',
    ],
    ['with no time', run.bind(undefined, 'list', { where: ['since=soon'] }), '"soon" is no time: 2026-11-25T12:00:00Z'],
    ['for an id that is not there', run.bind(undefined, 'show', { rest: ['0/9999999'] }), 'has the id "0/9999999"'],
    [
      'for a service that is not there',
      run.bind(undefined, 'list', { service: 'nobody' }),
      /^The broker at .* has no dead letters of a service "nobody": it has those of .*redrives-/,
    ],
    [
      'without a broker',
      run.bind(undefined, 'list', {
        connect: (service) => new KafkaConnection(service, withDefaults({ brokers: ['127.0.0.1:1'] }), 'spec'),
      }),
      /^Kafka does not answer at 127\.0\.0\.1:1: /,
    ],
    [
      'through retry topics that a service does not have',
      async () => {
        await broker.send(`${other}.dead-letters`, {
          key: 'a',
          value: '{}',
          headers: { 'kafka_dlt-original-topic': topic },
        });
        return run('redrive', { service: other, where: ['since=9999d'] });
      },
      'has no retry topic, through which dead letters are sent back',
    ],
  ] as [string, () => Promise<unknown>, string | RegExp][])('says why: %s', async (_, act, message) => {
    await expect(act()).rejects.toThrow(message);
  });
});

describe('the program', () => {
  const program = new URL('../../dist/dead-letters/cli.js', import.meta.url).pathname;
  const exec = (...args: string[]) =>
    promisify(execFile)(process.execPath, [program, ...args], {
      env: { ...process.env, NODE_OPTIONS: '', KAFKA_BROKERS: '' },
    }).then(
      ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
      ({ code, stdout, stderr }: { code: number; stdout: string; stderr: string }) => ({ code, stdout, stderr }),
    );

  it('prints what it finds, and ends', async () => {
    await failed('a program');

    const { code, stdout } = await exec(
      'list',
      '--service',
      shop,
      '--json',
      '--where',
      'key=a program',
      '--brokers',
      brokers().join(),
    );

    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ key: 'a program', topic });
  });

  it('tells how far it is with thousands, and how many are left', async () => {
    const things = Array.from({ length: 1_000 }, (_, index) => `many ${index}`);
    await failed(...things);
    isMended = true;
    const where = ['error=NoSuchThing', `topic=${topic}`];

    const heard: string[] = [];
    const { lines } = await run('redrive', { where, json: true, progress: (line) => heard.push(line) });

    const { redriven, left } = JSON.parse(lines[0] ?? '') as { redriven: number; left: number };
    expect(redriven).toBeGreaterThanOrEqual(things.length);
    expect(heard.slice(0, 2)).toEqual([500, 1_000].map((done) => `${done} of ${redriven}, ${done} redriven …`));
    expect((await openLetters(`topic=${topic}`)).length).toBe(0);
    expect(left).toBe((await openLetters()).length);
    await eventually('all are handled again', () => {
      const again = new Set(seen.map(({ thing }) => thing));
      return things.every((thing) => again.has(thing));
    });
  });

  it('that is killed half-way has lost nothing, and begun again it does the rest: at most one goes out twice', async () => {
    const things = Array.from({ length: 300 }, (_, index) => `killed ${index}`);
    await failed(...things);
    isMended = true;
    seen = [];
    const args = ['redrive', '--service', shop, '--where', 'error=NoSuchThing', '--where', 'topic=' + topic];
    const child = spawn(process.execPath, [program, ...args, '--brokers', brokers().join()], { stdio: 'ignore' });
    await eventually('some are handled again', () => killed().length > 20);
    child.kill('SIGKILL');
    await once(child, 'exit');

    const left = (await openLetters()).filter(({ key }) => things.includes(String(key)));
    await run('redrive', { where: ['error=NoSuchThing', `topic=${topic}`] });
    await eventually('all are handled again', () => new Set(killed()).size === things.length);

    expect(left.length).toBeGreaterThan(0);
    expect(left.length).toBeLessThan(things.length);
    await eventually('no lag', async () => (await broker.lag(`${shop}.retry`, `${shop}.retry.100ms`)) === 0);
    expect(killed().length).toBeLessThanOrEqual(things.length + 1);
  });

  const killed = (): string[] => seen.map(({ thing }) => thing).filter((thing) => thing.startsWith('killed'));

  it.each([
    [['list', '--service', 'x'], 'Kafka settings: brokers is empty, host:port of at least one is needed.\n'],
    [['list', '--colour'], /Unknown option '--colour'/],
  ])('ends with 2 where it is not understood: %j', async (args, message) => {
    const { code, stdout, stderr } = await exec(...args);

    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toEqual(typeof message === 'string' ? message : expect.stringMatching(message));
  });
});
