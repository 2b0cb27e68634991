import { expect, it } from '@jest/globals';
import { Module, type PipeTransform } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Transport } from '@nestjs/microservices';
import { claim } from '../claim.js';
import { Stage } from '../stage.js';
import { eventually, unique } from '../stock-broker.js';
import { hearer } from '../stock-service.js';

class Piped implements PipeTransform {
  transform(): string {
    return 'piped';
  }
}

claim(
  {
    says: '`app.useGlobalPipes()` is for all handlers of an app, those of Kafka included.',
    verdict: 'wrong',
    happens:
      'In an app that serves HTTP as well, messages reach their handlers past the global pipes: nothing is validated.',
    why: '`connectMicroservice()` gives the transport settings of its own; global filters, guards and interceptors are skipped as well.',
    right: '`app.connectMicroservice(options, { inheritAppConfig: true })`, after the `useGlobal…` calls.',
  },
  () => {
    const stage = new Stage();

    const heardWith = async (hybridOptions: { inheritAppConfig?: boolean }): Promise<unknown> => {
      const topic = await stage.topic('piped');
      const heard: unknown[] = [];
      @Module({ controllers: [hearer(topic, (payload) => heard.push(payload))] })
      class AppModule {}
      const app = await NestFactory.create(AppModule, { logger: false });
      stage.afterwards(() => app.close());
      app.useGlobalPipes(new Piped());
      const consumer = { groupId: unique('hybrid'), maxWaitTimeInMs: 100 };
      const options = { client: { brokers: stage.broker.brokers }, consumer, subscribe: { fromBeginning: true } };
      app.connectMicroservice({ transport: Transport.KAFKA, options }, hybridOptions);
      await app.startAllMicroservices();

      await stage.broker.send(topic, { value: 'as it was sent' });

      await eventually('the handler', () => heard.length > 0);
      return heard[0];
    };

    it('are passed by without inheritAppConfig', async () => {
      expect(await heardWith({})).toBe('as it was sent');
    });

    it('are applied with inheritAppConfig: true', async () => {
      expect(await heardWith({ inheritAppConfig: true })).toBe('piped');
    });
  },
);
