import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { setTimeout as work } from 'node:timers/promises';
import { KafkaModule } from '../bootstrap/kafka.module.js';
import { KafkaTransport } from '../bootstrap/kafka.transport.js';
import type { KafkaSettings } from '../client/index.js';
import { type Handled, thingsOf } from './things.js';

/**
 * A replica of a service in a process of its own, for specs that kill or stop one. It says over IPC what it has handled
 * before the handler ends, so nothing that it commits is unknown to the spec.
 */
export interface MemberOptions {
  readonly service: string;
  readonly partitions: number;
  readonly handlerMs: number;
  /** A thing whose handler never ends here. */
  readonly stuckOn?: string;
  readonly settings: KafkaSettings;
}

export type MemberReport = 'ready' | Omit<Handled, 'replica'>;

const options = JSON.parse(process.env['MEMBER_OPTIONS'] ?? '{}') as MemberOptions;
const { service, partitions, handlerMs, stuckOn, settings } = options;
const things = thingsOf(service, partitions);

const report = (what: MemberReport): Promise<void> =>
  new Promise((resolve, reject) =>
    process.send?.(what, undefined, undefined, (error) => (error ? reject(error) : resolve())),
  );

@Module({
  imports: [KafkaModule.forService({ service, contracts: [things.contract] }, { useFactory: () => settings })],
  controllers: [
    things.controller(async (call) => {
      if (call.thing === stuckOn) return new Promise(() => undefined);
      await work(handlerMs);
      await report(call);
    }),
  ],
})
class Member {}

// Whoever started it is gone.
process.on('disconnect', () => process.exit(1));
const app = await NestFactory.create(Member);
app.enableShutdownHooks();
app.connectMicroservice({ strategy: app.get(KafkaTransport) }, { inheritAppConfig: true });
await app.startAllMicroservices();
await app.init();
await report('ready');
