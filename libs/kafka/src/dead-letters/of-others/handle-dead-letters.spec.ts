import { describe, expect, it } from '@jest/globals';
import { Payload } from '@nestjs/microservices';
import { ContractDefinitionError } from '../../contract/index.js';
import type { HandleDeadLettersOptions } from '../../handling/handler-options.js';
import { OrderPlaced } from '../../testing/contracts.js';
import { DeadLetterReceived } from './dead-letter-received.js';
import { HandleDeadLetters } from './handle-dead-letters.js';

const load = (options: HandleDeadLettersOptions) => () => {
  class Mail {
    @HandleDeadLetters(options)
    handle(@Payload() _: DeadLetterReceived): void {}
  }
  return Mail;
};

// The compiler refuses what follows; `tsc -b` fails if it ever accepts one.
const refused = {
  anotherClass: () => {
    class Mail {
      // @ts-expect-error the parameter is another class
      @HandleDeadLetters({ of: ['billing'] })
      handle(@Payload() _: OrderPlaced): void {}
    }
    return Mail;
  },
  noParameter: () => {
    class Mail {
      // @ts-expect-error there is no parameter
      @HandleDeadLetters({ of: ['billing'] })
      handle(): void {}
    }
    return Mail;
  },
};

describe('a handler of dead letters', () => {
  it('compiles with DeadLetterReceived as its parameter, and with nothing else', () => {
    expect(load({ of: ['orders', 'billing'], retryPausesMs: [], timeLimitMs: 1_000 })).not.toThrow();
    expect(refused.noParameter).not.toThrow();
  });

  it('is refused at load time where another class is its parameter', () => {
    expect(refused.anotherClass).toThrow(ContractDefinitionError);
    expect(refused.anotherClass).toThrow('Mail.handle handles dead letters, but its first parameter is OrderPlaced.');
  });

  it.each<[HandleDeadLettersOptions, string]>([
    [{ of: [] }, 'Mail.handle handles dead letters of []: the name of one service at least is needed.'],
    [
      { of: ['billing', 'orders', 'billing'] },
      'Mail.handle handles dead letters of [billing,orders,billing]: billing is there twice.',
    ],
    [
      { of: ['billing.dead-letters'] },
      'of [billing.dead-letters]: "billing.dead-letters" is no service name: lower case letters, digits and hyphens are',
    ],
    [{ of: ['billing'], timeLimitMs: 0 }, 'Mail.handle has timeLimitMs 0; milliseconds above 0 are needed.'],
    [{ of: ['billing'], retryPausesMs: [-1] }, 'Mail.handle has retryPausesMs [-1]: -1 is in it'],
  ])('is refused at load time with options that can not work: %j', (options, message) => {
    expect(load(options)).toThrow(message);
  });
});
