import { KafkaModule, type KafkaSettings, KafkaTransport } from '@fieldguide/kafka';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { InboxModule } from '../inbox/inbox.module.js';
import { ledgerModule, onceHandler, thingContract } from './ledger.js';

/** A replica in a process of its own that enters each thing in the ledger once, for specs that kill one. */
export interface HandlingOptions {
  readonly service: string;
  readonly databaseUrl: string;
  readonly kafka: KafkaSettings;
}

const { service, databaseUrl, kafka } = JSON.parse(process.env['REPLICA_OPTIONS'] ?? '{}') as HandlingOptions;
const contract = thingContract(service);

@Module({
  imports: [
    KafkaModule.forService({ service, contracts: [contract], retryDelaysMs: [] }, { useFactory: () => kafka }),
    ledgerModule(databaseUrl, 'pg'),
    InboxModule.forService(),
  ],
  controllers: [onceHandler(contract, (thing, ledger) => ledger.enter(thing))],
})
class Replica {}

// Whoever started it is gone.
process.on('disconnect', () => process.exit(1));
const app = await NestFactory.create(Replica);
app.enableShutdownHooks();
app.connectMicroservice({ strategy: app.get(KafkaTransport) }, { inheritAppConfig: true });
await app.startAllMicroservices();
await app.init();
process.send?.('ready');
