import { Controller, type INestMicroservice, Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Ctx, EventPattern, type KafkaContext, type KafkaOptions, Payload, Transport } from '@nestjs/microservices';
import type { Consumer, ConsumerCrashEvent, Kafka, Producer } from 'kafkajs';
import type { StockBroker } from './stock-broker.js';

/** A service on stock NestJS in this process. */
export interface StockService {
  readonly app: INestMicroservice;
  readonly consumer: Consumer;
  /** What became of its consumer: NestJS tells nobody. */
  readonly crashes: ConsumerCrashEvent['payload'][];
  close(): Promise<void>;
}

type Options = NonNullable<KafkaOptions['options']>;

/** @param groupId as it stands on the broker, without a suffix */
export async function startStock(
  broker: StockBroker,
  groupId: string,
  controllers: Type[],
  options: Omit<Options, 'consumer'> & { consumer?: Partial<Options['consumer']> } = {},
  prepare: (app: INestMicroservice) => unknown = () => undefined,
): Promise<StockService> {
  @Module({ controllers })
  class AppModule {}
  const { consumer, ...rest } = options;
  const app = await NestFactory.createMicroservice(AppModule, {
    logger: false,
    transport: Transport.KAFKA,
    options: {
      client: { brokers: broker.brokers },
      consumer: { groupId, maxWaitTimeInMs: 100, ...consumer },
      subscribe: { fromBeginning: true },
      postfixId: '',
      ...rest,
    },
  });
  prepare(app);
  await app.listen();
  const [, running] = app.unwrap<[Kafka, Consumer, Producer]>();
  const crashes: StockService['crashes'] = [];
  running.on(running.events.CRASH, ({ payload }) => crashes.push(payload));
  return { app, consumer: running, crashes, close: () => app.close() };
}

/** A controller with one `@EventPattern`. */
export function hearer(topic: string, handle: (payload: unknown, context: KafkaContext) => unknown): Type {
  @Controller()
  class Hearer {
    @EventPattern(topic)
    handle(@Payload() payload: unknown, @Ctx() context: unknown): unknown {
      return handle(payload, context as KafkaContext);
    }
  }
  return Hearer;
}
