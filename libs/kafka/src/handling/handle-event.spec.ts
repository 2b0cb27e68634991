import { describe, expect, it } from '@jest/globals';
import { Payload } from '@nestjs/microservices';
import { ContractDefinitionError } from '../contract/index.js';
import { OrderPlaced, PaymentCaptured, Quote, QuotePrice } from '../testing/contracts.js';
import { HandleEvent, HandleRequest } from './handle-event.js';

class Accepted {
  @HandleEvent(OrderPlaced)
  plain(@Payload() _: OrderPlaced): void {}

  @HandleEvent(OrderPlaced)
  async more(@Payload() _: OrderPlaced, __: AbortSignal): Promise<string> {
    return Promise.resolve('ignored');
  }

  @HandleEvent(OrderPlaced)
  tombstones(@Payload() _: OrderPlaced | null): void {}

  @HandleRequest(QuotePrice)
  now(@Payload() _: QuotePrice): Quote {
    return { cents: 1 };
  }

  @HandleRequest(QuotePrice)
  async later(@Payload() _: QuotePrice): Promise<Quote> {
    return Promise.resolve({ cents: 1 });
  }
}

// The compiler refuses what follows; `tsc -b` fails if it ever accepts one. What it refuses may throw at load time, too.
const refused = {
  anotherClass: () => {
    class Wrong {
      // @ts-expect-error the parameter is another class
      @HandleEvent(OrderPlaced)
      handle(@Payload() _: Quote): void {}
    }
    return Wrong;
  },
  any: () => {
    class Wrong {
      // @ts-expect-error any could be anything
      @HandleEvent(OrderPlaced)
      // eslint-disable-next-line @typescript-eslint/no-explicit-any -- what is refused here
      handle(@Payload() _: any): void {}
    }
    return Wrong;
  },
  unknown: () => {
    class Wrong {
      // @ts-expect-error unknown could be anything
      @HandleEvent(OrderPlaced)
      handle(@Payload() _: unknown): void {}
    }
    return Wrong;
  },
  noParameter: () => {
    class Wrong {
      // @ts-expect-error there is no parameter
      @HandleEvent(OrderPlaced)
      handle(): void {}
    }
    return Wrong;
  },
  optional: () => {
    class Wrong {
      // @ts-expect-error there may be none
      @HandleEvent(OrderPlaced)
      handle(_?: OrderPlaced): void {}
    }
    return Wrong;
  },
  wider: () => {
    class Wrong {
      // @ts-expect-error the parameter has fewer fields
      @HandleEvent(OrderPlaced)
      handle(@Payload() _: object): void {}
    }
    return Wrong;
  },
  wrongReply: () => {
    class Wrong {
      // @ts-expect-error the reply is another type
      @HandleRequest(QuotePrice)
      handle(@Payload() _: QuotePrice): string {
        return 'no quote';
      }
    }
    return Wrong;
  },
  noReply: () => {
    class Wrong {
      // @ts-expect-error there is no reply
      @HandleRequest(QuotePrice)
      handle(@Payload() _: QuotePrice): void {}
    }
    return Wrong;
  },
  anyReply: () => {
    class Wrong {
      // @ts-expect-error any could be anything
      @HandleRequest(QuotePrice)
      // eslint-disable-next-line @typescript-eslint/no-explicit-any -- what is refused here
      handle(@Payload() _: QuotePrice): any {
        return { cents: 1 };
      }
    }
    return Wrong;
  },
  eventAsRequest: () => {
    class Wrong {
      // @ts-expect-error an event has no reply
      @HandleRequest(OrderPlaced)
      handle(@Payload() _: OrderPlaced): Quote {
        return { cents: 1 };
      }
    }
    return Wrong;
  },
};

describe('a handler', () => {
  it('compiles with the contract class as its parameter, and its reply', () => {
    expect(Accepted.name).toBe('Accepted');
  });

  it('does not compile with anything else', () => {
    expect(Object.keys(refused)).toHaveLength(10);
  });

  it('is refused at load time where another class of the same fields is its parameter', () => {
    const load = () => {
      class Charge {
        @HandleEvent(OrderPlaced)
        handle(@Payload() _: PaymentCaptured): void {}
      }
      return Charge;
    };

    expect(load).toThrow(ContractDefinitionError);
    expect(load).toThrow('Charge.handle handles OrderPlaced, but its first parameter is PaymentCaptured.');
  });

  it('is refused at load time where the parameter is a text', () => {
    expect(() => {
      class Charge {
        // @ts-expect-error the parameter is a text
        @HandleEvent(OrderPlaced)
        handle(@Payload() _: string): void {}
      }
      return Charge;
    }).toThrow('Charge.handle handles OrderPlaced, but its first parameter is String.');
  });

  it('is refused at load time with the decorator of the other kind', () => {
    expect(() => {
      class Charge {
        @HandleEvent(QuotePrice)
        handle(@Payload() _: QuotePrice): void {}
      }
      return Charge;
    }).toThrow('QuotePrice is of kind request: handle it with @HandleRequest.');
    expect(refused.eventAsRequest).toThrow('OrderPlaced is of kind event: handle it with @HandleEvent.');
  });

  it('is refused at load time for a class that is no contract', () => {
    expect(() => {
      class Charge {
        @HandleEvent(Quote)
        handle(@Payload() _: Quote): void {}
      }
      return Charge;
    }).toThrow('Quote is no contract');
  });

  it.each([
    [{ concurrency: 0 }, 'Charge.handle has concurrency 0; a whole number from 1 to 1000 is needed.'],
    [{ concurrency: 2, onFailure: 'keep-order' as const }, "and onFailure: 'keep-order', which keeps the order"],
    [{ concurrency: 2, delivery: 'every-replica' as const }, "and delivery: 'every-replica', which keeps the order"],
    [{ batch: 1_001 }, 'Charge.handle has batch 1001; a whole number from 1 to 1000 is needed.'],
    [{ batch: 2, concurrency: 2 }, 'Charge.handle has batch 2 and concurrency 2: a batch is a run of one partition'],
    [{ batch: 2, delivery: 'every-replica' as const }, "has batch 2 and delivery: 'every-replica': a batch is a run"],
    [
      { onFailure: 'keep-order' as const, retryDelaysMs: [1_000] },
      "retryDelaysMs and onFailure: 'keep-order', with which nothing goes through retry topics: leave one out.",
    ],
    [
      { delivery: 'every-replica' as const, retryDelaysMs: [1_000] },
      "retryDelaysMs and delivery: 'every-replica', with which nothing goes through retry topics: leave one out.",
    ],
    [
      { retryDelaysMs: [1_000, 500] },
      'Charge.handle has retryDelaysMs [1000, 500]: each delay must be longer than the one before.',
    ],
    [{ retryPausesMs: [-1] }, 'Charge.handle has retryPausesMs [-1]: -1 is in it; milliseconds are needed.'],
  ])('is refused at load time with options that contradict each other: %j', (options, message) => {
    expect(() => {
      class Charge {
        @HandleEvent(OrderPlaced, options)
        handle(@Payload() _: OrderPlaced): void {}
      }
      return Charge;
    }).toThrow(message);
  });
});
