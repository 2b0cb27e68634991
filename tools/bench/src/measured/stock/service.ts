import type { INestMicroservice, Provider, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { type KafkaOptions, Transport } from '@nestjs/microservices';
import type { Task } from '../task.js';

/** A group of stock NestJS that reads from the beginning, as ours does. */
export function createStock(
  { brokers, service }: Task,
  controllers: readonly Type[],
  providers: readonly Provider[],
  options: Partial<NonNullable<KafkaOptions['options']>> = {},
): Promise<INestMicroservice> {
  class App {}
  const app = { module: App, controllers: [...controllers], providers: [...providers] };
  return NestFactory.createMicroservice<KafkaOptions>(app, {
    transport: Transport.KAFKA,
    // It logs each rebalance as an error.
    logger: false,
    options: {
      client: { clientId: service, brokers: [...brokers] },
      subscribe: { fromBeginning: true },
      ...options,
      consumer: { groupId: service, ...options.consumer },
    },
  });
}
