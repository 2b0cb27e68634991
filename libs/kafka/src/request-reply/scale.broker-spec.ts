import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { IsInt, IsString } from 'class-validator';
import type { KafkaSettings } from '../client/index.js';
import { AskTimeoutError, contractOf, create, HandleRequest, repliesWith, Request } from '../index.js';
import { type BrokerProxy, startBrokerProxy } from '../testing/broker-proxy.js';
import { BrokerUnderTest } from '../testing/broker-under-test.js';
import { countsBy } from '../testing/counts.js';
import { eventually } from '../testing/eventually.js';
import { type ForeignResponder, startForeignResponder } from '../testing/foreign-responder.js';
import { type OwnBroker, startOwnBroker } from '../testing/own-broker.js';
import { type ServiceUnderTest, startService, uniqueService } from '../testing/service-under-test.js';
import { CORRELATION_ID, REPLY_TOPIC } from './wire.js';

const answering = uniqueService('billing');
const elsewhere = uniqueService('pricing');
const asking = uniqueService('orders');

class Counted {
  @IsInt() count!: number;
  @IsString() by!: string;
}

@Request(`${answering}.count-it.v1`, { reply: Counted, example: { count: 1 }, partitions: 4 })
class CountIt {
  declare readonly [repliesWith]: Counted;
  @IsInt() count!: number;
}

@Request(`${elsewhere}.count-it.v1`, { reply: Counted, example: { count: 1 }, partitions: 1 })
class CountItElsewhere {
  declare readonly [repliesWith]: Counted;
  @IsInt() count!: number;
}

@Controller()
class Counts {
  @HandleRequest(CountIt)
  handle(@Payload() { count }: CountIt): Counted {
    return create(Counted, { count, by: 'the living' });
  }
}

/** Requests that a replica has begun and never ends. */
let begun = 0;

@Controller()
class CountsNever {
  @HandleRequest(CountIt)
  handle(@Payload() _request: CountIt): Promise<Counted> {
    begun++;
    return new Promise(() => undefined);
  }
}

const contracts = [CountIt, CountItElsewhere];
const asks = contracts;
const replies = `${asking}.replies`;

let own: OwnBroker;
let broker: BrokerUnderTest;

beforeAll(async () => {
  own = await startOwnBroker();
  broker = await new BrokerUnderTest([own.kafka]).connect();
  await broker.createTopic(contractOf(CountIt).topic, 4);
  await broker.createTopic(contractOf(CountItElsewhere).topic, 1);
});

afterAll(async () => {
  await broker?.close();
  await own?.remove();
});

const startAsker = (): Promise<ServiceUnderTest> =>
  startService({ service: asking, contracts, asks, settings: { brokers: [own.kafka] } });

const ask = ({ requester }: ServiceUnderTest, count: number, timeoutMs = 30_000): Promise<Counted> =>
  requester.ask(create(CountIt, { count }), { timeoutMs });

const startAnswerer = (controller: typeof Counts | typeof CountsNever, settings: Partial<KafkaSettings> = {}) =>
  startService({
    service: answering,
    contracts,
    controllers: [controller],
    settings: { brokers: [own.kafka], ...settings },
  });

describe('a replica of the answering service that is gone in the middle of a request', () => {
  let proxy: BrokerProxy;
  let gone: ServiceUnderTest;
  let living: ServiceUnderTest;
  let asker: ServiceUnderTest;

  beforeAll(async () => {
    proxy = await startBrokerProxy(own.kafka);
    asker = await startAsker();
    gone = await startAnswerer(CountsNever, { brokers: [proxy.kafka], commitMs: 20, sessionTimeoutMs: 1_500 });
    living = await startAnswerer(Counts);
  });

  afterAll(async () => {
    await Promise.all([asker, living].map((service) => service?.stop()));
    await proxy?.close();
  });

  it('leaves its requests to another, and no ask hangs', async () => {
    const impatient = ask(asker, -1, 200).catch((error: unknown) => error);
    let answered = 0;
    const asked = Array.from({ length: 60 }, async (_, count) => {
      const answer = await ask(asker, count);
      answered++;
      return answer;
    });
    await eventually('requests that never end', () => begun > 0);
    await eventually('all commits there can be', async () => {
      const committed = await broker.committed(answering, contractOf(CountIt).topic);
      return (
        answered > 0 && committed.filter((offset) => offset > 0).reduce((sum, offset) => sum + offset, 0) >= answered
      );
    });

    proxy.cut();

    const answers = await Promise.all(asked);
    expect(answers.map(({ count }) => count)).toEqual(Array.from({ length: 60 }, (_, count) => count));
    expect(new Set(answers.map(({ by }) => by))).toEqual(new Set(['the living']));
    const outcome = await impatient;
    expect(outcome instanceof AskTimeoutError || (outcome as Counted).count === -1).toBe(true);
  });

  it('stays away from the group where it was stopped before the broker is back', async () => {
    await eventually('it tries to come back', async () => {
      const crashes = await gone.metrics.crashes.get();
      return crashes.values.some(({ value }) => value > 1);
    });
    await gone.stop();

    proxy.heal();
    const next = await startAnswerer(Counts, { brokers: [proxy.kafka] });
    await broker.evict(answering); // until all are back

    expect(await broker.members(answering)).toHaveLength(2);
    await next.stop();
  });
});

describe('a reply topic that grows while asks run', () => {
  let responder: ForeignResponder;
  let asker: ServiceUnderTest;
  let partitions: number;
  let next = 0;

  beforeAll(async () => {
    asker = await startAsker();
    partitions = await broker.partitions(replies);
    // At once on every partition there is: our own answerers learn of new ones later.
    responder = await startForeignResponder(broker, contractOf(CountItElsewhere).topic, ({ value, headers }) => {
      const { count } = JSON.parse(String(value)) as CountItElsewhere;
      const echoed = { [CORRELATION_ID]: headers?.[CORRELATION_ID] };
      const reply = JSON.stringify({ count, by: 'foreign' });
      return {
        topic: String(headers?.[REPLY_TOPIC]),
        messages: [{ partition: next++ % partitions, value: reply, headers: echoed }],
      };
    });
  });

  afterAll(async () => {
    await responder?.stop();
    await asker?.stop();
  });

  it('loses no reply, on old partitions or on new ones', async () => {
    const askTwenty = () =>
      Array.from({ length: 20 }, (_, count) =>
        asker.requester.ask(create(CountItElsewhere, { count }), { timeoutMs: 30_000 }),
      );
    const before = await Promise.all(askTwenty());
    const during = askTwenty();
    await broker.growTopic(replies, partitions * 2);
    partitions *= 2;
    const after = askTwenty();

    const counts = Array.from({ length: 20 }, (_, count) => count);
    for (const answers of [before, await Promise.all(during), await Promise.all(after)]) {
      expect(answers.map(({ count }) => count)).toEqual(counts);
    }
    const used = new Set((await broker.read(replies)).map(({ partition }) => partition));
    expect(used.size).toBe(partitions);
  });
});

describe('many replicas of the asking service', () => {
  it('each get their own replies, drop all others, and say why', async () => {
    const answerer = await startAnswerer(Counts);
    const replicas = await Promise.all([1, 2, 3, 4].map(startAsker));

    const answers = await Promise.all(
      replicas.flatMap((replica, index) => Array.from({ length: 25 }, (_, count) => ask(replica, index * 25 + count))),
    );

    expect(answers.map(({ count }) => count)).toEqual(Array.from({ length: 100 }, (_, count) => count));
    for (const { metrics } of replicas) {
      await eventually('75 of the others', async () => {
        const dropped = await countsBy(metrics.repliesDropped, 'reason');
        return dropped['foreign'] === 75 && Object.keys(dropped).length === 1;
      });
    }
    await Promise.all([answerer, ...replicas].map((service) => service.stop()));
  });
});
