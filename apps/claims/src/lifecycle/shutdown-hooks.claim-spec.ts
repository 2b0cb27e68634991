import { expect, it } from '@jest/globals';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Transport } from '@nestjs/microservices';
import { claim } from '../claim.js';
import { Stage } from '../stage.js';
import { eventually } from '../stock-broker.js';
import { StockProcess } from '../stock-process.js';
import { hearer } from '../stock-service.js';

/** A handler that ends after these hooks, or never. */
const ORDER = [
  'begun lasts until the hooks',
  'onModuleDestroy',
  'beforeApplicationShutdown',
  'done lasts until the hooks',
  'onApplicationShutdown',
];

claim(
  {
    says: '`onModuleDestroy` is the place to close the database: handlers have finished by then.',
    verdict: 'wrong',
    happens:
      'On SIGTERM, and always in an app that serves HTTP as well, `onModuleDestroy` and `beforeApplicationShutdown` run while a handler still does. It is waited for and committed, after them.',
    why: 'NestJS calls these two hooks before it closes its transports, and `onApplicationShutdown` after.',
    right: 'Close what handlers use in `onApplicationShutdown`.',
  },
  () => {
    const stage = new Stage();

    it('has the handler end after both hooks on SIGTERM, and before onApplicationShutdown', async () => {
      const topic = await stage.topic('sigterm');
      await stage.broker.send(topic, { value: 'lasts until the hooks' });
      const service = new StockProcess(stage, topic);
      await eventually('the handler runs', () => service.said.includes('begun lasts until the hooks'));

      await service.end('SIGTERM');

      expect(service.said.filter((line) => line !== 'listening')).toEqual(ORDER);
      expect(await stage.broker.committed(topic, topic)).toBe(1);
    });

    it('has the same order in an app that serves HTTP as well, however it is closed', async () => {
      const topic = await stage.topic('hybrid');
      const said: string[] = [];
      let haveRun: () => void = () => undefined;
      const hooks = new Promise<void>((resolve) => (haveRun = resolve));
      const handler = hearer(topic, async (payload) => {
        said.push(`begun ${String(payload)}`);
        await hooks;
        said.push(`done ${String(payload)}`);
      });
      @Module({ controllers: [handler] })
      class AppModule {
        onModuleDestroy = () => said.push('onModuleDestroy');
        beforeApplicationShutdown = () => {
          said.push('beforeApplicationShutdown');
          haveRun();
        };
        onApplicationShutdown = () => said.push('onApplicationShutdown');
      }
      const app = await NestFactory.create(AppModule, { logger: false });
      const consumer = { groupId: topic, maxWaitTimeInMs: 100 };
      const options = { client: { brokers: stage.broker.brokers }, consumer, postfixId: '' };
      app.connectMicroservice({
        transport: Transport.KAFKA,
        options: { ...options, subscribe: { fromBeginning: true } },
      });
      await app.startAllMicroservices();
      await stage.broker.send(topic, { value: 'lasts until the hooks' });
      await eventually('the handler runs', () => said.length > 0);

      await app.close();

      expect(said).toEqual(ORDER);
      expect(await stage.broker.committed(topic, topic)).toBe(1);
    });
  },
);
