import { describe, expect, it } from '@jest/globals';
import { BadRequestException } from '@nestjs/common';
import { readFileSync } from 'node:fs';
import { runInNewContext } from 'node:vm';
import { ContractViolationError } from '../contract/index.js';
import {
  AskTimeoutError,
  DependencyDownError,
  NotPublishedError,
  type NotPublishedReason,
  OutcomeUnknownError,
  UnrecoverableError,
} from '../errors.js';
import { classify, NotJsonError, toError } from './classify.js';

class ProviderDown extends DependencyDownError {}

const notPublished = (reason: NotPublishedReason): Error => new NotPublishedError(reason, 'not sent');

describe('an error of a handler', () => {
  it.each([
    ['an UnrecoverableError', new UnrecoverableError('no such order')],
    ['a broken contract', new ContractViolationError('OrderPlaced', [])],
    ['no JSON', new NotJsonError('no JSON')],
    ['a TypeError', new TypeError('x is not a function')],
    ['a RangeError', new RangeError('too long')],
    ['a ReferenceError', new ReferenceError('x is not defined')],
    ['a SyntaxError', new SyntaxError('unexpected token')],
  ])('gives up at once: %s', (_, error) => {
    expect(classify(error)).toBe('give-up');
  });

  it.each([
    ['an ordinary error', new Error('deadlock detected')],
    ['what Node throws for a failed fetch', new TypeError('fetch failed', { cause: new Error('ECONNREFUSED') })],
    ['a time limit', new AskTimeoutError('no reply')],
    ['an exception of NestJS', new BadRequestException()],
    ['a message that was too large', notPublished('TOO_LARGE')],
  ])('is tried again: %s', (_, error) => {
    expect(classify(error)).toBe('try-again');
  });

  it.each([
    ['a dependency that is down', new DependencyDownError('the payment provider')],
    ['a class of such', new ProviderDown('the payment provider')],
    ['a publish whose outcome is unknown', new OutcomeUnknownError('no answer')],
    ['a broker that is away', notPublished('BROKER_AWAY')],
    ['a full queue', notPublished('QUEUE_FULL')],
    ['a service that stops', notPublished('CLOSED')],
  ])('waits, since nothing is wrong with the message: %s', (_, error) => {
    expect(classify(error)).toBe('wait-for-dependency');
  });
});

describe('what was thrown', () => {
  it('is kept where it is an error, of another realm, too', () => {
    const error = new Error('mine');
    const foreign = runInNewContext('new RangeError("theirs")') as Error;

    expect(toError(error)).toBe(error);
    expect(toError(foreign)).toBe(foreign);
    expect(toError(fileError())).toMatchObject({ code: 'ENOENT' });
  });

  it.each([
    ['the mask of NestJS', { status: 'error', message: 'Internal server error' }, 'Internal server error'],
    ['a text', 'no', 'A handler threw "no".'],
    ['nothing', undefined, 'A handler threw undefined.'],
    ['null', null, 'A handler threw null.'],
    ['an object', { reason: 7 }, 'A handler threw {"reason":7}.'],
    ['what JSON does not know', 7n, 'A handler threw bigint.'],
  ])('becomes one otherwise: %s', (_, thrown, message) => {
    expect(toError(thrown).message).toBe(message);
  });
});

function fileError(): unknown {
  try {
    return readFileSync('/nowhere/at/all');
  } catch (error) {
    return error;
  }
}
