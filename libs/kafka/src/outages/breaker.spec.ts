import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Breaker, causeOf, type Outage } from './breaker.js';

let breaker: Breaker;
let guesses: string[];
let now: number;

beforeEach(() => {
  now = 0;
  jest.spyOn(performance, 'now').mockImplementation(() => now);
  guesses = [];
  breaker = new Breaker(true, (messages, cause) => guesses.push(`${messages} ${cause}`));
});

afterEach(() => void jest.restoreAllMocks());

/** Both failed alike, and nothing got through for half a second. */
function guessed(): Outage {
  breaker.failed('a', 'DOWN');
  now += 500;
  breaker.failed('b', 'DOWN');
  return breaker.judge('a', 'DOWN') as Outage;
}

describe('messages that fail', () => {
  it('alike while none gets through are taken for an outage', () => {
    const outage = guessed();

    expect(outage).toMatchObject({ isGuess: true, isDoubtful: false });
    expect(outage.over.aborted).toBe(false);
    expect(breaker.judge('b', 'DOWN')).toBe(outage);
    expect(breaker.failed('c', 'DOWN')).toBe(outage);
    expect(guesses).toEqual(['2 DOWN']);
  });

  it('alike in the same moment may be bad ones: another should be tried, unless there is none or five have failed', () => {
    breaker.failed('a', 'DOWN');
    breaker.failed('b', 'DOWN');
    expect(breaker.judge('a', 'DOWN')).toBe('unknown');
    for (const message of ['c', 'd', 'e']) breaker.failed(message, 'DOWN');

    expect(breaker.judge('a', 'DOWN')).toMatchObject({ isGuess: true });
  });

  it('alike for half a second are an outage, though only two of them', () => {
    breaker.failed('a', 'DOWN');
    breaker.failed('b', 'DOWN');
    now = 500;

    expect(breaker.judge('a', 'DOWN')).toMatchObject({ isGuess: true });
  });

  it('say nothing where there is only one of them, however often it fails', () => {
    breaker.failed('a', 'DOWN');
    breaker.failed('a', 'DOWN');
    breaker.failed('a', 'DOWN');

    expect(breaker.judge('a', 'DOWN')).toBe('alone');
  });

  it('for different causes say nothing of each other', () => {
    breaker.failed('a', 'DOWN');
    breaker.failed('b', 'NO_SUCH_SKU');

    expect(breaker.judge('a', 'DOWN')).toBe('alone');
    expect(breaker.judge('b', 'NO_SUCH_SKU')).toBe('alone');
  });

  it('while another gets through fail on their own account, then and later', () => {
    breaker.failed('a', 'DOWN');
    breaker.gotThrough(breaker.trouble);

    breaker.failed('a', 'DOWN');
    breaker.failed('b', 'DOWN');

    expect(breaker.judge('a', 'DOWN')).toBe('own');
    expect(breaker.judge('b', 'DOWN')).toBe('alone');
  });

  it('are not cleared by one that was begun before, or in an earlier trouble', () => {
    const before = breaker.trouble;
    breaker.failed('a', 'DOWN');
    const earlier = breaker.trouble;
    breaker.gotThrough(before);
    expect(breaker.judge('a', 'DOWN')).toBe('alone');
    breaker.gotThrough(earlier);
    breaker.failed('b', 'DOWN');

    breaker.gotThrough(earlier);

    expect(breaker.judge('b', 'DOWN')).toBe('alone');
  });

  it('are judged by nobody where a service wants no guesses', () => {
    breaker = new Breaker(false, () => guesses.push('one'));
    breaker.failed('a', 'DOWN');

    expect(breaker.failed('b', 'DOWN')).toBeUndefined();
    expect(breaker.judge('a', 'DOWN')).toBe('own');
    expect(guesses).toEqual([]);
  });
});

describe('an outage', () => {
  it('is over when a message gets through that was begun in it', () => {
    const outage = guessed();

    breaker.gotThrough(breaker.trouble);

    expect(outage.over.aborted).toBe(true);
    expect(breaker.explains('DOWN')).toBeUndefined();
  });

  it('is unsure while few have failed so, and when none has for the first time in half a minute', () => {
    guessed();
    breaker.isDown('PROVIDER');
    for (const message of ['c', 'd']) breaker.failed(message, 'DOWN');
    expect([breaker.isUnsure('DOWN'), breaker.isUnsure('PROVIDER')]).toEqual([true, false]);
    breaker.failed('e', 'DOWN');
    expect(breaker.isUnsure('DOWN')).toBe(false);
    now = 30_501;

    expect([breaker.isUnsure('DOWN'), breaker.isUnsure('PROVIDER')]).toEqual([true, false]);
    breaker.failed('f', 'DOWN');
    expect(breaker.isUnsure('DOWN')).toBe(false);
  });

  it('that a handler has said is one from the first message on, and the same for all', () => {
    const outage = breaker.isDown('PROVIDER');

    expect(breaker.isDown('PROVIDER')).toBe(outage);
    expect(outage.isGuess).toBe(false);
  });

  it('that a handler has said explains no failure of a message, though both bear one code', () => {
    breaker.isDown('NOT_PUBLISHED');

    expect(breaker.failed('a', 'NOT_PUBLISHED')).toBeUndefined();
    expect(breaker.explains('NOT_PUBLISHED')).toBeUndefined();
    expect(breaker.judge('a', 'NOT_PUBLISHED')).toBe('alone');
  });

  it('is doubted a minute after the last new message that failed so, if it was a guess', () => {
    const guess = guessed();
    const said = breaker.isDown('PROVIDER');
    now = 59_500;
    breaker.failed('a', 'DOWN');
    breaker.failed('c', 'DOWN');
    now = 119_500;
    breaker.failed('b', 'DOWN');
    expect(guess.isDoubtful).toBe(false);
    now = 119_501;

    expect([guess.isDoubtful, said.isDoubtful]).toEqual([true, false]);
    breaker.doubt('DOWN');

    expect([guess.over.aborted, said.over.aborted]).toEqual([true, false]);
    expect(breaker.failed('a', 'DOWN')).toBeUndefined();
    expect(breaker.judge('a', 'DOWN')).toBe('own');
  });

  it('ends for those who wait, where more causes are kept than can matter', () => {
    const outage = guessed();

    for (let cause = 0; cause < 100; cause++) breaker.failed('x', `CAUSE_${cause}`);

    expect(outage.over.aborted).toBe(true);
    expect(breaker.trouble?.failing.size).toBe(100);
  });
});

describe('the cause of a failure', () => {
  const coded = (code: string, cause?: Error) => Object.assign(new Error('of order 7', { cause }), { code });

  it('is its code, and those of its causes', () => {
    expect(causeOf(coded('PROVIDER', coded('ECONNREFUSED')))).toBe('PROVIDER < ECONNREFUSED');
  });

  it.each([
    ['a message that is no text', Object.assign(new Error('x'), { message: Object.create(null) as string })],
    ['a name that is none', Object.assign(new Error('x'), { name: Symbol('x') as unknown as string })],
    ['a code that throws', Object.defineProperty(new Error('x'), 'code', { get: () => assertNever() })],
  ])('is told of an error with %s, too', (_, error) => {
    expect(causeOf(error)).toEqual(expect.any(String));
  });

  const assertNever = (): never => {
    throw new Error('not this one');
  };

  it('is its class and message, without what belongs to one message', () => {
    const id = '0f1c2a64-2f0e-4d0b-9a53-6c1de2a6b4f7';
    const one = causeOf(new Error(`Order ${id} of "ada" has 7 lines`));

    expect(one).toBe('Error: Order # of # has # lines');
    expect(causeOf(new Error('Order 8 of "bob" has 12 lines'))).toBe(one);
  });
});
