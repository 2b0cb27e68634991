import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  type CallHandler,
  type CanActivate,
  Catch,
  Controller,
  type ExceptionFilter,
  type ExecutionContext,
  Injectable,
  type NestInterceptor,
  type PipeTransform,
  UseFilters,
  UseGuards,
  UseInterceptors,
} from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { IsString } from 'class-validator';
import { type Observable, throwError } from 'rxjs';
import {
  contractOf,
  create,
  type DeadLetterNotice,
  currentMessage,
  DependencyDownError,
  Event,
  HandleEvent,
  type KafkaSettings,
  UnrecoverableError,
} from '../index.js';
import { BrokerUnderTest } from '../testing/broker-under-test.js';
import { deadLettersOf } from '../testing/dead-letters.js';
import { eventually } from '../testing/eventually.js';
import { type ServiceUnderTest, startService, uniqueService } from '../testing/service-under-test.js';

const shop = uniqueService('tries');

@Event(`${shop}.thing-done.v1`, { key: 'thing', example: { thing: 'a' }, partitions: 3 })
class ThingDone {
  @IsString() thing!: string;
}

@Event(`${shop}.thing-checked.v1`, { key: 'thing', example: { thing: 'a' }, partitions: 1 })
class ThingChecked {
  @IsString() thing!: string;
}

const contracts = [ThingDone, ThingChecked];
const topic = contractOf(ThingDone).topic;
const checkedTopic = contractOf(ThingChecked).topic;

/** `thing#attempt` of every call, and of those that ended well. */
let begun: string[] = [];
let done: string[] = [];
let providerIsDown = false;

@Controller()
class NoteThings {
  @HandleEvent(ThingDone)
  handle(@Payload() { thing }: ThingDone): void {
    begun.push(`${thing}#${currentMessage()?.attempt}`);
    if (thing.startsWith('never')) throw new Error('the database has no such row', { cause: new Error('deadlock') });
    if (thing === 'twice' && (currentMessage()?.attempt ?? 0) < 3) throw new Error('not yet');
    if (thing === 'provider' && providerIsDown) throw new DependencyDownError('the payment provider');
    done.push(thing);
  }
}

class NotAllowed extends UnrecoverableError {}

const WHY = new Error('why');

@Injectable()
class Guard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { thing } = context.switchToRpc().getData<ThingChecked>();
    if (thing === 'guard') throw new NotAllowed('not by the guard', { cause: WHY });
    return thing !== 'forbidden';
  }
}

@Injectable()
class Interceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const { thing } = context.switchToRpc().getData<ThingChecked>();
    if (thing === 'interceptor') return throwError(() => new NotAllowed('not by the interceptor', { cause: WHY }));
    return next.handle();
  }
}

class Pipe implements PipeTransform<ThingChecked> {
  transform(event: ThingChecked): ThingChecked {
    if (event.thing === 'pipe') throw new NotAllowed('not by the pipe', { cause: WHY });
    return event;
  }
}

/** Of one's own errors; what it throws in their place is what counts. */
@Catch(RangeError)
class Filter implements ExceptionFilter<RangeError> {
  catch(error: RangeError): never {
    throw new NotAllowed('not by the filter', { cause: error });
  }
}

@Controller()
@UseGuards(Guard)
@UseInterceptors(Interceptor)
@UseFilters(Filter)
class CheckThings {
  @HandleEvent(ThingChecked)
  handle(@Payload(new Pipe()) { thing }: ThingChecked): void {
    if (thing === 'filter') throw new RangeError('why');
    done.push(thing);
  }
}

let broker: BrokerUnderTest;
let service: ServiceUnderTest;

const start = async (settings: Partial<KafkaSettings>): Promise<ServiceUnderTest> => {
  service = await startService({ service: shop, contracts, controllers: [NoteThings, CheckThings], settings });
  return service;
};

const send = (...things: [string, number][]) =>
  broker.send(topic, ...things.map(([thing, partition]) => ({ partition, value: JSON.stringify({ thing }) })));

const settled = (name = topic) => eventually('no lag', async () => (await broker.lag(shop, name)) === 0);

beforeAll(async () => {
  broker = await new BrokerUnderTest().connect();
});

beforeEach(() => {
  begun = [];
  done = [];
});

afterEach(() => service.stop());

afterAll(() => broker.close());

describe('an event whose handler fails', () => {
  it('is tried again in place until it succeeds, and the next one waits behind it', async () => {
    await start({ retryPausesMs: [1, 1, 1] });

    await send(['twice', 0], ['next', 0]);
    await settled();

    expect(begun).toEqual(['twice#1', 'twice#2', 'twice#3', 'next#1']);
    expect(done).toEqual(['twice', 'next']);
  });

  it('becomes a dead letter after its last attempt, and the next one is handled', async () => {
    await start({ retryPausesMs: [1, 1, 1] });

    await send(['never', 0], ['next', 0]);
    await settled();

    expect(begun).toEqual(['never#1', 'never#2', 'never#3', 'never#4', 'next#1']);
    expect(await deadLettersOf(broker, shop)).toMatchObject([
      { topic, partition: 0, attempts: 4, error: 'Error', message: 'the database has no such row: deadlock' },
    ]);
  });

  it('holds up no other partition while it waits, and is not lost when the service stops meanwhile', async () => {
    await start({ retryPausesMs: [3_600_000] });

    await send(['never again', 0], ['behind', 0], ['elsewhere', 1]);
    await eventually('elsewhere', () => done.includes('elsewhere'));
    await service.events.publish(create(ThingChecked, { thing: 'of another topic' }));
    await eventually('of another topic', () => done.includes('of another topic'));
    expect(done).toEqual(['elsewhere', 'of another topic']);
    await service.stop();
    await start({ retryPausesMs: [1] });
    await settled();

    expect(begun.filter((attempt) => attempt.startsWith('never'))).toEqual([
      'never again#1',
      'never again#1',
      'never again#2',
    ]);
    expect(done).toEqual(['elsewhere', 'of another topic', 'behind']);
  });
});

describe('a service that judges errors by itself', () => {
  it('is asked first, and followed; where it says nothing, or fails, the usual holds', async () => {
    const asked: string[] = [];
    const classify = ({ message }: Error) => {
      asked.push(message);
      if (message === 'the database has no such row') return 'give-up';
      if (message === 'not yet') throw new Error('a mistake in the judge');
      return undefined;
    };
    providerIsDown = true;
    await start({ retryPausesMs: [1, 1], classify });

    await send(['never judged', 0], ['twice', 0], ['provider', 0]);
    await eventually('the provider is asked', () => asked.includes('the payment provider is down'));
    providerIsDown = false;
    await settled();

    expect(begun.slice(0, 5)).toEqual(['never judged#1', 'twice#1', 'twice#2', 'twice#3', 'provider#1']);
    expect(done).toEqual(['twice', 'provider']);
    const letters = (await deadLettersOf(broker, shop)).filter(({ record }) => String(record.value).includes('judged'));
    expect(letters).toMatchObject([{ attempts: 1, message: 'the database has no such row: deadlock' }]);
  });
});

describe('who wants to know of dead letters', () => {
  it('is told once of each, and what it throws stops nothing', async () => {
    const notices: DeadLetterNotice[] = [];
    const onDeadLetter = (notice: DeadLetterNotice) => {
      notices.push(notice);
      throw new Error('the pager is broken');
    };
    await start({ retryPausesMs: [], onDeadLetter, breaker: false });

    await send(['never told', 0], ['never told either', 0], ['fine', 0]);
    await settled();

    expect(done).toEqual(['fine']);
    expect(notices).toMatchObject(
      [0, 1].map(() => ({
        deadLetterTopic: `${shop}.dead-letters`,
        topic,
        partition: 0,
        group: shop,
        handler: 'NoteThings.handle',
        attempts: 1,
        code: 'Error',
        error: { message: 'the database has no such row' },
      })),
    );
    const letters = (await deadLettersOf(broker, shop)).filter(({ record }) =>
      String(record.value).includes('never told'),
    );
    expect(notices.map(({ offset }) => offset)).toEqual(letters.map(({ offset }) => offset));
  });
});

describe('an event whose handler lacks a dependency', () => {
  it('waits for as long as it takes, in order, and health says why', async () => {
    providerIsDown = true;
    await start({ retryPausesMs: [] });

    await send(['provider', 0], ['behind the provider', 0]);
    await eventually('three attempts', () => begun.includes('provider#3'));
    expect(service.health.report()).toEqual({
      status: 'degraded',
      ready: true,
      reasons: [`${topic} waits: the payment provider is down`],
    });
    expect(done).toEqual([]);
    providerIsDown = false;
    await settled();

    expect(done).toEqual(['provider', 'behind the provider']);
    expect(service.health.report().status).toBe('ok');
    const letters = await deadLettersOf(broker, shop);
    expect(letters.filter(({ message }) => message.includes('provider'))).toEqual([]);
  });
});

describe('an error of a guard, a pipe, an interceptor or a filter', () => {
  it('reaches the dead letter with its class and its cause', async () => {
    await start({ retryPausesMs: [] });
    const things = ['guard', 'pipe', 'interceptor', 'filter', 'forbidden', 'fine'];

    await broker.send(checkedTopic, ...things.map((thing) => ({ value: JSON.stringify({ thing }) })));
    await settled(checkedTopic);

    const letters = (await deadLettersOf(broker, shop)).filter((letter) => letter.topic === checkedTopic);
    expect(letters.map(({ error, cause, message }) => [error, cause, message])).toEqual([
      ['NotAllowed', 'Error', 'not by the guard: why'],
      ['NotAllowed', 'Error', 'not by the pipe: why'],
      ['NotAllowed', 'Error', 'not by the interceptor: why'],
      ['NotAllowed', 'RangeError', 'not by the filter: why'],
      ['RpcException', 'RpcException', 'Forbidden resource'],
    ]);
    expect(done).toContain('fine');
  });
});
