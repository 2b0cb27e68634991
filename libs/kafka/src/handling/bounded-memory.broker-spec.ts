import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { BrokerUnderTest } from '../testing/broker-under-test.js';
import { eventually } from '../testing/eventually.js';
import { type ServiceUnderTest, startService, uniqueService } from '../testing/service-under-test.js';
import { thingsOf } from '../testing/things.js';

const LARGE = 6;
const SENTINEL = LARGE; // the partition after them
const EACH = 40;
/** What may wait in a lane, and one fetch more. */
const LANE_BYTES = 8_388_608 + 1_048_576;

const shop = uniqueService('large');
const things = thingsOf(shop, LARGE + 1);

let broker: BrokerUnderTest;
let service: ServiceUnderTest;
let release: () => void;
const held = new Promise<void>((resolve) => (release = resolve));
const handled: string[] = [];
let most = 0;

const waiting = async (): Promise<number> => {
  const bytes = (await service.metrics.laneBytes.get()).values[0]?.value ?? 0;
  most = Math.max(most, bytes);
  return bytes;
};

const send = (thing: string, partitions: readonly number[], padding = '') =>
  broker.send(
    things.topic,
    ...partitions.map((partition) => ({
      partition,
      value: JSON.stringify({ thing: `${thing} of ${partition}`, padding }),
    })),
  );

beforeAll(async () => {
  broker = await new BrokerUnderTest().connect();
  service = await startService({
    service: shop,
    contracts: [things.contract],
    controllers: [
      things.controller(async ({ thing, partition }) => {
        if (partition !== SENTINEL) await held;
        handled.push(thing);
        await waiting();
      }),
    ],
  });
});

afterAll(async () => {
  await service.stop();
  await broker.close();
});

describe('handlers that are slower than what arrives, 200 MB in messages of 900 kB', () => {
  it('hold no more in memory than their lanes may, and handle all of it', async () => {
    const padding = 'x'.repeat(900_000);
    const partitions = Array.from({ length: LARGE }, (_, partition) => partition);
    for (let index = 0; index < EACH; index++) await send(`${index}`, partitions, padding);
    await eventually('all lanes are full', async () => (await waiting()) > LARGE * 8_388_608);
    // Each is one more fetch: what is not paused would bring more.
    for (let index = 0; index < 5; index++) {
      await send(`sentinel ${index}`, [SENTINEL]);
      await eventually('the sentinel', () => handled.length > index);
    }
    await waiting();

    release();
    await eventually('no lag', async () => (await broker.lag(shop, things.topic)) === 0);

    expect(most).toBeLessThan(LARGE * LANE_BYTES);
    expect(new Set(handled).size).toBe(LARGE * EACH + 5);
    expect(handled).toHaveLength(LARGE * EACH + 5);
    expect(await waiting()).toBe(0);
  });
});
