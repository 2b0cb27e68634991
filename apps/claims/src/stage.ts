import { afterAll, beforeAll } from '@jest/globals';
import type { INestMicroservice, Type } from '@nestjs/common';
import { ClientKafka, type KafkaOptions } from '@nestjs/microservices';
import { StockBroker, unique } from './stock-broker.js';
import { startStock, type StockService } from './stock-service.js';

type Options = NonNullable<KafkaOptions['options']>;
type Close = () => Promise<unknown>;

/** The broker of a claim's specs, and what they have started on it: closed after the last of them. */
export class Stage {
  readonly #closing: Close[] = [];
  #broker: StockBroker | undefined;

  /** To be called where hooks may be. */
  constructor() {
    beforeAll(async () => {
      this.#broker = await StockBroker.connect();
    });
    afterAll(async () => {
      await Promise.all(this.#closing.map((close) => close()));
      await this.#broker?.close();
    });
  }

  get broker(): StockBroker {
    if (!this.#broker) throw new Error('The broker is there within specs and hooks only.');
    return this.#broker;
  }

  afterwards(close: Close): void {
    this.#closing.push(close);
  }

  /** @returns the name of a topic that no other spec has */
  async topic(name: string, partitions = 1, config: Record<string, string> = {}): Promise<string> {
    const topic = unique(name);
    await this.broker.createTopic(topic, partitions, config);
    return topic;
  }

  /** See `startStock`. */
  async start(
    groupId: string,
    controllers: Type[],
    options: Parameters<typeof startStock>[3] = {},
    prepare: (app: INestMicroservice) => unknown = () => undefined,
  ): Promise<StockService> {
    const service = await startStock(this.broker, groupId, controllers, options, prepare);
    this.afterwards(() => service.close());
    return service;
  }

  /** A connected client; one that emits only, unless replies of a topic are named. */
  async client(groupId?: string, ...repliesOf: string[]): Promise<ClientKafka> {
    const options: Options = {
      client: { brokers: this.broker.brokers, logLevel: 0 },
      postfixId: '',
      ...(groupId
        ? { consumer: { groupId, heartbeatInterval: 200, maxWaitTimeInMs: 100 } }
        : { producerOnlyMode: true }),
    };
    const client = new ClientKafka(options);
    this.afterwards(() => client.close());
    for (const topic of repliesOf) client.subscribeToResponseOf(topic);
    await client.connect();
    return client;
  }
}
