import { describe, expect, it } from '@jest/globals';
import { HandleEvent } from '@fieldguide/kafka';
import { keepMetadata, Transactional } from '../transactions/transactional.js';
import { thingContract } from '../testing/ledger.js';
import { inWords, keptMs } from './durations.js';
import { Once, onceName } from './once.js';

const methodOf = (of: { readonly prototype: object }, method: string): object =>
  (of.prototype as Record<string, object>)[method] ?? {};
const nameOf = (...method: Parameters<typeof methodOf>): string | undefined => onceName(methodOf(...method));

const contract = thingContract('unit');

describe('a method with @Once()', () => {
  it('keeps its rows under its class and name, or what it is given', () => {
    class Charges {
      @Once()
      async charge(): Promise<void> {}

      @Once({ as: 'payments' })
      async store(): Promise<string | undefined> {
        return Promise.resolve('stored');
      }
    }

    expect(nameOf(Charges, 'charge')).toBe('Charges.charge');
    expect(nameOf(Charges, 'store')).toBe('payments');
  });

  it('is known as such whatever else decorates it', () => {
    class Charges {
      @Transactional()
      @Once()
      async charge(): Promise<void> {}

      @Once()
      @HandleEvent(contract)
      async handle(_: { thing: string }): Promise<void> {}
    }

    expect(nameOf(Charges, 'charge')).toBe('Charges.charge');
    expect(nameOf(Charges, 'handle')).toBe('Charges.handle');
    expect(Reflect.getMetadataKeys(methodOf(Charges, 'handle'))).toContain('microservices:pattern');
  });

  it('does not compile where it can not return undefined, as a duplicate does', () => {
    class Charges {
      // @ts-expect-error a duplicate has no string
      @Once()
      async charge(): Promise<string> {
        return Promise.resolve('charged');
      }
    }

    expect(nameOf(Charges, 'charge')).toBe('Charges.charge');
  });

  it('is no getter', () => {
    const decorate = Once() as unknown as (target: object, key: string, descriptor: object) => void;

    expect(() => decorate({}, 'charge', { get: () => 1 })).toThrow('@Once() is for methods, and charge is none.');
  });

  it('takes along what other decorators have left', () => {
    const method = () => undefined;
    const wrapper = () => undefined;
    Reflect.defineMetadata('guards', ['one'], method);

    keepMetadata(method, wrapper);

    expect(Reflect.getMetadata('guards', wrapper)).toEqual(['one']);
  });
});

describe('the time that inbox rows are kept', () => {
  it('is a duration, or endless', () => {
    expect(keptMs('16d')).toBe(1_382_400_000);
    expect(keptMs('endless')).toBe(Infinity);
    expect(() => keptMs('a while' as '1d')).toThrow(`The inbox's retention is "a while": expected e.g. 36h, 16d`);
  });

  it.each([
    [90_000, '1m 30s'],
    [1_213_271_000, '14d 1h'],
    [50, '50ms'],
  ])('of %i ms is %s in words', (ms, words) => {
    expect(inWords(ms)).toBe(words);
  });
});
