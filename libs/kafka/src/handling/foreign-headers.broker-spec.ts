import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { BrokerUnderTest } from '../testing/broker-under-test.js';
import { deadLettersOf } from '../testing/dead-letters.js';
import { eventually } from '../testing/eventually.js';
import { type ServiceUnderTest, startService, uniqueService } from '../testing/service-under-test.js';
import { thingsOf } from '../testing/things.js';

const shop = uniqueService('headed');
const things = thingsOf(shop, 1);
const handled: string[] = [];

/** Names that every object of JavaScript has already. */
const INHERITED = ['__proto__', 'constructor', 'toString'];
const inherited = Object.fromEntries(INHERITED.map((name) => [name, `it is ${name}`]));
/** 130 KB in all. With kafkajs' own reading they take minutes, in which nothing else goes on. */
const flood = Object.fromEntries(Array.from({ length: 12_000 }, (_, index) => [`h${index}`, 'x']));

describe('headers that nobody sends in good faith', () => {
  let broker: BrokerUnderTest;
  let service: ServiceUnderTest;

  beforeAll(async () => {
    broker = await new BrokerUnderTest().connect();
    const controllers = [things.controller(({ thing }) => void handled.push(thing))];
    service = await startService({ service: shop, contracts: [things.contract], controllers });
  });

  afterAll(async () => {
    await service.stop();
    await broker.close();
  });

  const settled = () => eventually('no lag', async () => (await broker.lag(shop, things.topic)) === 0);

  it('do not keep an event with names that objects have from being handled, nor what follows', async () => {
    await broker.send(
      things.topic,
      { value: '{"thing":"inherited"}', headers: inherited },
      { value: '{"thing":"next"}' },
    );
    await settled();

    expect(handled).toEqual(['inherited', 'next']);
    expect(service.health.report()).toMatchObject({ status: 'ok', reasons: [] });
  });

  it('stay in a dead letter, byte by byte', async () => {
    await broker.send(things.topic, { value: 'no JSON', headers: { ...inherited, twice: ['1', '2'] } });
    await settled();

    const [letter] = await deadLettersOf(broker, shop);
    const headers = new Map(Object.entries(letter?.record.headers ?? {}));
    expect(INHERITED.map((name) => headers.get(name)?.toString())).toEqual(INHERITED.map((name) => `it is ${name}`));
    expect(headers.get('twice')).toEqual([Buffer.from('1'), Buffer.from('2')]);
  });

  it('are read in their thousands', async () => {
    await broker.send(things.topic, { value: '{"thing":"flooded"}', headers: flood }, { value: '{"thing":"then"}' });
    await settled();

    expect(handled.slice(-2)).toEqual(['flooded', 'then']);
  });
});
