import { KafkaModule, type KafkaSettings, KafkaTransport } from '@fieldguide/kafka';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { OutboxSettings } from '../outbox/outbox-settings.js';
import { noteContract, Notes, notesModules } from './notes.js';

/** A replica in a process of its own, for specs that kill, freeze or stop one. It writes the notes that it is told over IPC. */
export interface ReplicaOptions {
  readonly service: string;
  readonly kafka: KafkaSettings;
  readonly outbox: OutboxSettings;
}

const { service, kafka, outbox } = JSON.parse(process.env['REPLICA_OPTIONS'] ?? '{}') as ReplicaOptions;
const contract = noteContract(service);

@Module({
  imports: [
    KafkaModule.forService({ service, contracts: [contract] }, { useFactory: () => kafka }),
    ...notesModules(contract, outbox),
  ],
})
class Replica {}

// Whoever started it is gone.
process.on('disconnect', () => process.exit(1));
const app = await NestFactory.create(Replica);
app.enableShutdownHooks();
app.connectMicroservice({ strategy: app.get(KafkaTransport) }, { inheritAppConfig: true });
await app.startAllMicroservices();
await app.init();
process.on('message', (note: string) => {
  void app
    .get(Notes)
    .write(note)
    .then(() => process.send?.(`wrote ${note}`));
});
process.send?.('ready');
