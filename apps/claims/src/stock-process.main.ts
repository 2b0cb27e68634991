import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { EventPattern, Payload, Transport } from '@nestjs/microservices';
import type { Consumer, Kafka } from 'kafkajs';

const { KAFKA_BROKERS = '', TOPIC = '', RETRY = '{}' } = process.env;

let haveRun: () => void = () => undefined;
const hooks = new Promise<void>((resolve) => (haveRun = resolve));

const say = (line: string): unknown => process.stdout.write(`${line}\n`);

@Controller()
class Hearer {
  @EventPattern(TOPIC)
  async handle(@Payload() payload: unknown): Promise<void> {
    say(`begun ${String(payload)}`);
    if (payload === 'fails') throw new Error('the database is busy');
    if (payload === 'hangs') await new Promise(() => undefined);
    if (payload === 'lasts until the hooks') await hooks;
    say(`done ${String(payload)}`);
  }

  onModuleDestroy = (): unknown => say('onModuleDestroy');
  beforeApplicationShutdown = (): void => {
    say('beforeApplicationShutdown');
    haveRun();
  };
  onApplicationShutdown = (): unknown => say('onApplicationShutdown');
}

@Module({ controllers: [Hearer] })
class AppModule {}

const app = await NestFactory.createMicroservice(AppModule, {
  logger: false,
  transport: Transport.KAFKA,
  options: {
    client: { brokers: KAFKA_BROKERS.split(',') },
    // A session that ends early: whoever is killed is missed after a second.
    consumer: {
      groupId: TOPIC,
      sessionTimeout: 1_000,
      heartbeatInterval: 200,
      maxWaitTimeInMs: 100,
      retry: JSON.parse(RETRY) as object,
    },
    subscribe: { fromBeginning: true },
    postfixId: '',
  },
});
app.enableShutdownHooks();
await app.listen();
const [, consumer] = app.unwrap<[Kafka, Consumer]>();
consumer.on(consumer.events.CRASH, ({ payload }) => {
  const { retryTime, retryCount } = payload.error as { retryTime?: number; retryCount?: number };
  say(`crashed ${JSON.stringify({ retryTime, retryCount })}`);
});
say('listening');
