import { beforeEach, describe, expect, it } from '@jest/globals';
import { Injectable, Module } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { EventPublisher } from '../publishing/event-publisher.js';
import { Requester } from '../request-reply/requester.js';
import { KafkaModule } from './kafka.module.js';

@Injectable()
class Charges {
  constructor(
    readonly events: EventPublisher,
    readonly requests: Requester,
  ) {}
}

@Injectable()
class Prices {
  constructor(
    readonly events: EventPublisher,
    readonly requests: Requester,
  ) {}
}

@Module({ providers: [Charges] })
class ChargesModule {}

@Module({ providers: [Prices] })
class PricesModule {}

describe('two feature modules that import nothing of Kafka', () => {
  let app: TestingModule;

  beforeEach(async () => {
    const settings = { useFactory: () => ({ brokers: ['127.0.0.1:9'] }) };
    const kafka = KafkaModule.forService({ service: 'billing', contracts: [] }, settings);
    app = await Test.createTestingModule({ imports: [kafka, ChargesModule, PricesModule] }).compile();
  });

  it('are given one publisher and one requester', () => {
    const [charges, prices] = [app.get(Charges, { strict: false }), app.get(Prices, { strict: false })];

    expect(charges.events).toBeInstanceOf(EventPublisher);
    expect(charges.requests).toBeInstanceOf(Requester);
    expect(prices.events === charges.events).toBe(true);
    expect(prices.requests === charges.requests).toBe(true);
  });
});
