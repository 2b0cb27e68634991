import { EventPattern, MessagePattern } from '@nestjs/microservices';
import {
  type ContractClass,
  ContractDefinitionError,
  contractOf,
  type Replying,
  type ReplyOf,
} from '../contract/index.js';
import { LONGEST_TIMER, mistakeInPolicy } from '../errors-and-retries/failure-policy.js';
import {
  type HandleEventOptions,
  type HandleRequestOptions,
  type HandlerExtras,
  KAFKA_TRANSPORT,
} from './handler-options.js';

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- any function: its parameters are what is checked here
export type AnyMethod = (...parameters: any[]) => unknown;

type IsAny<T> = 0 extends 1 & T ? true : false;
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;
type First<M extends AnyMethod> = Parameters<M> extends [infer P, ...unknown[]] ? P : never;

/** Exact both ways; `any` and `unknown` are refused, `T | null` is allowed for those who handle tombstones. */
export type Takes<M extends AnyMethod, T> =
  IsAny<First<M>> extends true ? false : [First<M>] extends [never] ? false : Same<Exclude<First<M>, null>, T>;

type Answers<M extends AnyMethod, R> =
  IsAny<Awaited<ReturnType<M>>> extends true ? false : Same<Awaited<ReturnType<M>>, R>;

type Checked<M extends AnyMethod, T> =
  Takes<M, T> extends true
    ? TypedPropertyDescriptor<M>
    : { 'the first parameter of this handler must be the contract class': T };

type CheckedReply<M extends AnyMethod, T extends object> =
  Takes<M, T> extends true
    ? Answers<M, ReplyOf<T>> extends true
      ? TypedPropertyDescriptor<M>
      : { 'this handler must return the reply of the contract': ReplyOf<T> }
    : { 'the first parameter of this handler must be the contract class': T };

type HandlerDecorator<T extends object> = <M extends AnyMethod>(
  target: object,
  key: string | symbol,
  descriptor: Checked<M, T>,
) => void;

type RequestHandlerDecorator<T extends object> = <M extends AnyMethod>(
  target: object,
  key: string | symbol,
  descriptor: CheckedReply<M, T>,
) => void;

/**
 * Handles one event in one service; built on Nest's `@EventPattern`, so guards, pipes, interceptors, filters and request
 * scope work as there. Does not compile unless the method's first parameter is the contract class.
 * @throws ContractDefinitionError when the class is loaded, where the contract is a request, the parameter another class,
 * or options contradict each other
 */
export function HandleEvent<T extends object>(
  contract: ContractClass<T>,
  options: HandleEventOptions = {},
): HandlerDecorator<T> {
  return (target, key, descriptor) => {
    const extras = describeHandler(contract, target, key, options);
    decorate(EventPattern(topicOf(contract, 'event'), KAFKA_TRANSPORT, extras), target, key, descriptor);
  };
}

/**
 * Answers one request; built on Nest's `@MessagePattern`. What the method returns is the reply; what it throws reaches the
 * asker at once: a RequestError with its code and message, anything else as `INTERNAL`.
 * With `delivery: 'every-replica'` each replica answers, for `Requester.askAll`.
 * Does not compile unless the method takes the contract class and returns its reply.
 * @throws ContractDefinitionError when the class is loaded, where the contract is an event or the parameter another class
 */
export function HandleRequest<T extends Replying<object>>(
  contract: ContractClass<T>,
  options: HandleRequestOptions = {},
): RequestHandlerDecorator<T> {
  return (target, key, descriptor) => {
    const extras = describeHandler(contract, target, key, { concurrency: REQUESTS_SIDE_BY_SIDE, ...options });
    decorate(MessagePattern(topicOf(contract, 'request'), KAFKA_TRANSPORT, extras), target, key, descriptor);
  };
}

// Nest types these decorators by the data they take; the check above is stricter.
export function decorate(decorator: unknown, target: object, key: string | symbol, descriptor: object): void {
  (decorator as MethodDecorator)(target, key, descriptor);
}

function topicOf(contract: ContractClass, kind: 'event' | 'request'): string {
  const facts = contractOf(contract);
  if (facts.kind === kind) return facts.topic;
  const decorator = facts.kind === 'event' ? '@HandleEvent' : '@HandleRequest';
  throw new ContractDefinitionError(`${contract.name} is of kind ${facts.kind}: handle it with ${decorator}.`);
}

function describeHandler(
  contract: ContractClass,
  target: object,
  key: string | symbol,
  options: HandleEventOptions,
): HandlerExtras {
  const handler = `${target.constructor.name}.${String(key)}`;
  const [parameter] = (Reflect.getMetadata('design:paramtypes', target, key) ?? []) as unknown[];
  // Two classes with the same fields look alike to the compiler. `T | null` leaves Object here.
  if (parameter !== undefined && parameter !== Object && parameter !== contract) {
    const found = typeof parameter === 'function' ? parameter.name : typeof parameter;
    throw new ContractDefinitionError(`${handler} handles ${contract.name}, but its first parameter is ${found}.`);
  }
  // Requests have no order that `every-replica` would keep.
  const { kind } = contractOf(contract);
  checkOptions(handler, kind === 'request' ? { ...options, delivery: 'one-replica' } : options);
  const { delivery = 'one-replica', concurrency = 1, ...policy } = options;
  return { contract, handler, delivery, concurrency, ...policy };
}

const MOST_SIDE_BY_SIDE = 1_000;
const MOST_TOGETHER = 1_000;
const REQUESTS_SIDE_BY_SIDE = 16;

/** @throws ContractDefinitionError where they contradict each other */
export function checkOptions(handler: string, options: HandleEventOptions): void {
  const mistake = mistakeInPolicy(options);
  if (mistake) throw new ContractDefinitionError(`${handler} has ${mistake}.`);
  const { concurrency = 1, delivery, onFailure, timeLimitMs = 1 } = options;
  if (!(timeLimitMs > 0 && timeLimitMs <= LONGEST_TIMER)) {
    throw new ContractDefinitionError(`${handler} has timeLimitMs ${timeLimitMs}; milliseconds above 0 are needed.`);
  }
  if (!Number.isInteger(concurrency) || concurrency < 1 || concurrency > MOST_SIDE_BY_SIDE) {
    const range = `a whole number from 1 to ${MOST_SIDE_BY_SIDE} is needed`;
    throw new ContractDefinitionError(`${handler} has concurrency ${concurrency}; ${range}.`);
  }
  if (options.replayable && delivery === 'every-replica') {
    throw new ContractDefinitionError(
      `${handler} is replayable and has delivery: 'every-replica': a replay is one process more, and reaches none of the replicas.`,
    );
  }
  checkBatch(handler, options);
  if (concurrency === 1) return;
  const ordered =
    onFailure === 'keep-order'
      ? "onFailure: 'keep-order'"
      : delivery === 'every-replica'
        ? `delivery: '${delivery}'`
        : '';
  if (ordered) {
    throw new ContractDefinitionError(
      `${handler} has concurrency ${concurrency} and ${ordered}, which keeps the order of the whole partition: leave one out.`,
    );
  }
}

function checkBatch(handler: string, { batch = 1, concurrency = 1, delivery }: HandleEventOptions): void {
  if (!Number.isInteger(batch) || batch < 1 || batch > MOST_TOGETHER) {
    const range = `a whole number from 1 to ${MOST_TOGETHER} is needed`;
    throw new ContractDefinitionError(`${handler} has batch ${batch}; ${range}.`);
  }
  if (batch === 1 || (concurrency === 1 && delivery !== 'every-replica')) return;
  const other = concurrency > 1 ? `concurrency ${concurrency}` : "delivery: 'every-replica'";
  throw new ContractDefinitionError(
    `${handler} has batch ${batch} and ${other}: a batch is a run of one partition in one replica, leave one out.`,
  );
}
