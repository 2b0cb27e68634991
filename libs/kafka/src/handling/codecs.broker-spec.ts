import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import kafkajs from 'kafkajs';
import { BrokerUnderTest } from '../testing/broker-under-test.js';
import { eventually } from '../testing/eventually.js';
import { type OwnBroker, startOwnBroker } from '../testing/own-broker.js';
import { type ServiceUnderTest, startService, uniqueService } from '../testing/service-under-test.js';
import { type Handled, type Things, thingsOf } from '../testing/things.js';

const { CompressionCodecs, CompressionTypes } = kafkajs;
const CODECS = {
  gzip: CompressionTypes.GZIP,
  snappy: CompressionTypes.Snappy,
  lz4: CompressionTypes.LZ4,
  zstd: CompressionTypes.ZSTD,
};
type Codec = keyof typeof CODECS;
const NAMES = Object.keys(CODECS) as Codec[];

/** kafkajs' public table, whose types say nothing of what is in it. */
const table = CompressionCodecs as unknown as Record<number, () => { decompress(bytes: Buffer): Promise<Buffer> }>;

/** Several long lines that are much alike: they go in one batch, and are worth compressing. */
const thingsIn = (codec: Codec): string[] =>
  Array.from({ length: 40 }, (_, index) => `${codec} ${index} ${'Größe “überall” gleich, '.repeat(20)}${index * 7919}`);

const lines = (sent: readonly string[]): string[] => sent.map((thing) => JSON.stringify({ thing }));

let own: OwnBroker;
let broker: BrokerUnderTest;
let shop: string;
let things: Things;
let service: ServiceUnderTest;
let handled: Omit<Handled, 'replica'>[];

const start = async (): Promise<void> => {
  service = await startService({
    service: shop,
    contracts: [things.contract],
    controllers: [things.controller((call) => void handled.push(call))],
    settings: { brokers: [own.kafka] },
  });
};

/** Puts something before a decoder, after the service has registered its own. */
function before(codec: Codec, act: (bytes: Buffer) => Buffer): void {
  const registered = table[CODECS[codec]]?.();
  table[CODECS[codec]] = () => ({
    ...registered,
    decompress: (bytes) => registered?.decompress(act(bytes)) ?? Promise.reject(new Error('none')),
  });
}

beforeAll(async () => {
  own = await startOwnBroker();
  broker = await new BrokerUnderTest([own.kafka]).connect();
});

beforeEach(async () => {
  shop = uniqueService('coded');
  things = thingsOf(shop, 1);
  handled = [];
  await start();
});

afterEach(() => service.stop());

afterAll(async () => {
  await broker.close();
  await own.remove();
});

describe('batches that Kafka’s own producer has compressed', () => {
  it('are read as they were written: gzip, snappy, lz4 and zstd', async () => {
    const used = new Set<Codec>();
    for (const codec of NAMES) {
      before(codec, (bytes) => {
        used.add(codec);
        return bytes;
      });
      await own.produce({ topic: things.topic, compression: codec, lines: lines(thingsIn(codec)) });
    }
    await eventually('no lag', async () => (await broker.lag(shop, things.topic)) === 0);

    expect(handled.map(({ thing }) => thing)).toEqual(NAMES.flatMap(thingsIn));
    expect([...used]).toEqual(NAMES);
  });
});

describe('a decoder that fails', () => {
  it.each(NAMES)('is told by health with group and codec, and nothing is skipped: %s', async (codec) => {
    await broker.send(things.topic, { value: '{"thing":"before"}' });
    await eventually('no lag', async () => (await broker.lag(shop, things.topic)) === 0);
    before(codec, () => Buffer.from('not of this codec'));

    await own.produce({ topic: things.topic, compression: codec, lines: lines(thingsIn(codec)) });
    const report = await eventually('it is dead', () => {
      const now = service.health.report();
      return now.status === 'dead' && now;
    });
    expect(report.reasons).toEqual([
      expect.stringMatching(`^group ${shop}: a ${codec} batch can't be decoded: .+; it does not come back$`),
    ]);
    expect(await broker.committed(shop, things.topic)).toEqual([1]);
    await service.stop();
    await start();
    await eventually('no lag', async () => (await broker.lag(shop, things.topic)) === 0);

    expect(handled.map(({ thing }) => thing)).toEqual(['before', ...thingsIn(codec)]);
  });
});
