import type { Type } from '@nestjs/common';
import { ClientKafka } from '@nestjs/microservices';
import type { StockBroker } from '../stock-broker.js';
import { hearer } from '../stock-service.js';

/** The recipe as it is printed in many an article: what could not be processed goes to the back of its own topic. */
export function reEmitting(topic: string, kafka: ClientKafka, process: (data: unknown) => void): Type {
  return hearer(topic, (data) => {
    try {
      process(data);
    } catch {
      kafka.emit(topic, data);
    }
  });
}

/** As `ClientsModule` makes one, without a group of its own. */
export async function connectClient(broker: StockBroker): Promise<ClientKafka> {
  const client = new ClientKafka({ client: { brokers: broker.brokers, logLevel: 0 }, producerOnlyMode: true });
  await client.connect();
  return client;
}
