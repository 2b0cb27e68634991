import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  type CallHandler,
  type CanActivate,
  Controller,
  type ExecutionContext,
  type NestInterceptor,
  UseGuards,
  UseInterceptors,
} from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { IsString } from 'class-validator';
import type { Observable } from 'rxjs';
import {
  contractOf,
  currentCorrelationId,
  currentMessage,
  DeadLetterReceived,
  DependencyDownError,
  Event,
  HandleDeadLetters,
  HandleEvent,
  NotReadyError,
  UnrecoverableError,
} from '../../index.js';
import { BrokerUnderTest } from '../../testing/broker-under-test.js';
import { countsBy } from '../../testing/counts.js';
import { eventually } from '../../testing/eventually.js';
import { type ServiceUnderTest, startService, uniqueService } from '../../testing/service-under-test.js';

const billing = uniqueService('billing');
const orders = uniqueService('orders');
const operator = uniqueService('operator');

@Event(`${orders}.thing-done.v1`, { key: 'thing', example: { thing: 'a' }, partitions: 2 })
class ThingDone {
  @IsString() thing!: string;
}

const { topic } = contractOf(ThingDone);

/** Fails for everything; two services have it, each with another code. */
const failing = (code: string) => {
  @Controller()
  class Fail {
    @HandleEvent(ThingDone)
    handle(@Payload() _: ThingDone): void {
      throw new UnrecoverableError('no thing', { code });
    }
  }
  return Fail;
};

let received: DeadLetterReceived[] = [];
/** `code#attempt` of every call. */
let calls: string[] = [];
const correlationIds: (string | undefined)[] = [];
let intercepted = 0;
let mailIsDown = false;

class Guard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    return context.switchToRpc().getData<DeadLetterReceived>().code !== 'FORBIDDEN';
  }
}

class Interceptor implements NestInterceptor {
  intercept(_: ExecutionContext, next: CallHandler): Observable<unknown> {
    intercepted++;
    return next.handle();
  }
}

@Controller()
@UseGuards(Guard)
@UseInterceptors(Interceptor)
class NoteWhenDeadLetterReceived {
  @HandleDeadLetters({ of: [orders, billing], retryPausesMs: [10, 10] })
  handle(@Payload() letter: DeadLetterReceived): void {
    calls.push(`${letter.code}#${currentMessage()?.attempt}`);
    correlationIds.push(currentCorrelationId());
    if (letter.code === 'NEVER') throw new Error('the operator has no address');
    if (letter.code === 'WAITS' && mailIsDown) throw new DependencyDownError('the mail server');
    received.push(letter);
  }
}

let broker: BrokerUnderTest;
let services: ServiceUnderTest[];
let reader: ServiceUnderTest;

const lettersOf = (service: string): string => `${service}.dead-letters`;
const letter = (code: string, key: string | null = null) => ({
  partition: 0,
  key,
  value: 'not even JSON',
  headers: { 'dead-letter-code': code },
});
const withCode = (code: string | undefined) => received.filter((each) => each.code === code);

beforeAll(async () => {
  broker = await new BrokerUnderTest().connect();
  services = await Promise.all([
    startService({ service: orders, contracts: [ThingDone], controllers: [failing('OF_ORDERS')] }),
    startService({ service: billing, contracts: [ThingDone], controllers: [failing('OF_BILLING')] }),
  ]);
  await broker.send(topic, {
    partition: 1,
    key: 'a',
    value: '{"thing":"a"}',
    headers: { ce_id: 'event-1', 'correlation-id': 'abc-1' },
  });
  reader = await startService({ service: operator, contracts: [], controllers: [NoteWhenDeadLetterReceived] });
});

afterAll(async () => {
  await Promise.all([...services, reader].map((service) => service.stop()));
  await broker.close();
});

describe('a handler of the dead letters of others', () => {
  it('gets each of them with where it came from, why and its bytes, those of before its first start, too', async () => {
    await eventually('two dead letters', () => withCode('OF_ORDERS').length + withCode('OF_BILLING').length === 2);

    const [ofBilling] = withCode('OF_BILLING');
    expect(ofBilling).toBeInstanceOf(DeadLetterReceived);
    expect(ofBilling).toMatchObject({
      service: billing,
      topic,
      partition: 1,
      offset: 0n,
      group: billing,
      handler: 'Fail.handle',
      attempts: 1,
      code: 'OF_BILLING',
      error: 'UnrecoverableError',
      message: 'no thing',
      messageId: 'event-1',
      key: Buffer.from('a'),
      value: Buffer.from('{"thing":"a"}'),
    });
    expect(withCode('OF_ORDERS')).toMatchObject([{ service: orders, topic, group: orders }]);
    expect(correlationIds).toEqual(['abc-1', 'abc-1']);
  });

  it('gets a record that says nothing of itself, too', async () => {
    await broker.send(lettersOf(billing), { partition: 2, key: null, value: null });

    await eventually('it is there', () => withCode(undefined).length === 1);

    expect(withCode(undefined)).toMatchObject([{ service: billing, id: '2/0', topic: undefined }]);
  });

  it('has its guards and interceptors', async () => {
    const before = intercepted;

    await broker.send(lettersOf(billing), letter('FORBIDDEN'), letter('ALLOWED'));
    await eventually('the second is there', () => withCode('ALLOWED').length === 1);

    expect(withCode('FORBIDDEN')).toEqual([]);
    expect(intercepted).toBe(before + 1);
  });

  it('is tried in place and then let be: logged, counted, and no record about it is written', async () => {
    await broker.send(lettersOf(orders), letter('NEVER', 'k'), letter('AFTER', 'k'));
    await eventually('the one behind it is there', () => withCode('AFTER').length === 1);

    expect(calls.filter((call) => call.startsWith('NEVER'))).toEqual(['NEVER#1', 'NEVER#2', 'NEVER#3']);
    await eventually('no lag', async () => (await broker.lag(operator, lettersOf(orders))) === 0);
    expect(await countsBy(reader.metrics.deadLettersLetBe, 'code')).toMatchObject({ Error: 1 });
    expect(await countsBy(reader.metrics.deadLetters, 'code')).toEqual({});
    const topics = (await broker.admin.listTopics()).filter((name) => name.startsWith(`${operator}.`));
    expect(topics).toEqual([]);
  });

  it('waits for what it needs, in order', async () => {
    mailIsDown = true;
    await broker.send(lettersOf(billing), letter('WAITS', 'k'), letter('BEHIND', 'k'));
    await eventually('health is degraded', () => reader.health.report().status === 'degraded');
    expect(withCode('BEHIND')).toEqual([]);

    mailIsDown = false;
    await eventually('the one behind it is there', () => withCode('BEHIND').length === 1);

    expect(withCode('WAITS')).toHaveLength(1);
    expect(reader.health.report().status).toBe('ok');
  });

  it('goes on where its group stood', async () => {
    await eventually('no lag', async () => (await broker.lag(operator, lettersOf(billing))) === 0);
    await reader.stop();
    received = [];
    calls = [];
    await broker.send(lettersOf(billing), letter('MEANWHILE'));

    reader = await startService({ service: operator, contracts: [], controllers: [NoteWhenDeadLetterReceived] });
    await eventually('it is there', () => withCode('MEANWHILE').length === 1);

    expect(calls).toEqual(['MEANWHILE#1']);
  });
});

describe('a service that wants dead letters which nobody writes', () => {
  it('does not start, and says who is to make the topic', async () => {
    @Controller()
    class NoteStrangers {
      @HandleDeadLetters({ of: ['nobody-here'] })
      handle(@Payload() _: DeadLetterReceived): void {}
    }
    const settings = { topicTimeoutMs: 1 };

    const started = startService({ service: operator, contracts: [], controllers: [NoteStrangers], settings });

    await expect(started).rejects.toThrow(NotReadyError);
    await expect(started).rejects.toThrow(
      'do not exist, or this service may not see them: nobody-here.dead-letters (of',
    );
  });
});

describe('a service that wants its own dead letters, or those of another twice', () => {
  it('does not start', async () => {
    const own = uniqueService('own');
    @Controller()
    class NoteOwn {
      @HandleDeadLetters({ of: [own] })
      handle(@Payload() _: DeadLetterReceived): void {}
    }
    @Controller()
    class NoteOnceMore {
      @HandleDeadLetters({ of: [billing] })
      handle(@Payload() _: DeadLetterReceived): void {}
    }

    await expect(startService({ service: own, contracts: [], controllers: [NoteOwn] })).rejects.toThrow(
      `NoteOwn.handle handles the dead letters of ${own}, its own service`,
    );
    await expect(
      startService({ service: own, contracts: [], controllers: [NoteWhenDeadLetterReceived, NoteOnceMore] }),
    ).rejects.toThrow(
      `NoteWhenDeadLetterReceived.handle and NoteOnceMore.handle both handle the dead letters of ${billing}`,
    );
  });
});
