import { describe, expect, it } from '@jest/globals';
import { Controller, type DynamicModule, forwardRef, Module } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { KafkaModule } from '../bootstrap/kafka.module.js';
import { DeadLetterReceived } from '../dead-letters/of-others/dead-letter-received.js';
import { HandleDeadLetters } from '../dead-letters/of-others/handle-dead-letters.js';
import { HandleEvent, HandleRequest } from '../handling/handle-event.js';
import { OrderPlaced, PaymentCaptured, Quote, QuotePrice } from '../testing/contracts.js';
import { topologyOf } from './topology-of.js';

const contracts = [OrderPlaced, PaymentCaptured, QuotePrice];

@Controller()
class ChargeWhenOrderPlaced {
  @HandleEvent(OrderPlaced)
  handle(@Payload() _: OrderPlaced): void {}
}

@Controller()
class QuoteWhenAsked {
  @HandleRequest(QuotePrice)
  handle(@Payload() _: QuotePrice): Quote {
    return { cents: 1 };
  }
}

class NoteSomething {
  @HandleEvent(PaymentCaptured, { delivery: 'every-replica' })
  handle(@Payload() _: PaymentCaptured): void {}
}

@Controller()
class NotePayments extends NoteSomething {}

@Controller()
class MailWhenDeadLetterReceived {
  @HandleDeadLetters({ of: ['orders', 'shipping'] })
  handle(@Payload() _: DeadLetterReceived): void {}
}

@Module({ controllers: [ChargeWhenOrderPlaced, MailWhenDeadLetterReceived] })
class ChargesModule {}

@Module({})
class QuotesModule {
  static register(): DynamicModule {
    return { module: QuotesModule, controllers: [QuoteWhenAsked] };
  }
}

@Module({ imports: [ChargesModule, forwardRef(() => PaymentsModule)] })
class WorkModule {}

@Module({ imports: [forwardRef(() => WorkModule)], controllers: [NotePayments] })
class PaymentsModule {}

const settings = {
  useFactory: () => {
    throw new Error('settings are not needed to print a topology');
  },
};

@Module({
  imports: [
    WorkModule,
    QuotesModule.register(),
    Promise.resolve(QuotesModule.register()),
    KafkaModule.forService({ service: 'billing', contracts }, settings),
  ],
})
class AppModule {}

describe('the topology of an app', () => {
  it('is read from its modules, nested, dynamic, asynchronous and circular ones, without making anything', async () => {
    const topology = await topologyOf(AppModule);

    expect(topology.service).toBe('billing');
    expect(topology.handlers).toEqual([
      { handler: 'ChargeWhenOrderPlaced.handle', topic: 'orders.order-placed.v1', delivery: 'one-replica' },
      { handler: 'NoteSomething.handle', topic: 'billing.payment-captured.v1', delivery: 'every-replica' },
      { handler: 'QuoteWhenAsked.handle', topic: 'billing.quote-price.v1', delivery: 'one-replica' },
      { handler: 'MailWhenDeadLetterReceived.handle', topic: 'orders.dead-letters', delivery: 'one-replica' },
      { handler: 'MailWhenDeadLetterReceived.handle', topic: 'shipping.dead-letters', delivery: 'one-replica' },
    ]);
  });

  it('has the retry topics that its service and its handlers say', async () => {
    const { owns } = await topologyOf(AppModule);

    expect(owns.map(({ topic }) => topic).filter((topic) => topic.includes('retry'))).toEqual([
      'billing.retry.1s',
      'billing.retry.10s',
      'billing.retry.1m',
    ]);
  });

  it('is refused for an app without KafkaModule', async () => {
    await expect(topologyOf(ChargesModule)).rejects.toThrow('ChargesModule imports no KafkaModule.forService(…).');
  });
});
