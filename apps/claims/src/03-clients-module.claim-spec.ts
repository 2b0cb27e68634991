import { describe, expect, it } from '@jest/globals';
import { ClientKafka, ClientsModule, ClientTCP, Transport } from '@nestjs/microservices';
import { Test } from '@nestjs/testing';

const client = { brokers: ['127.0.0.1:9092'] };

/** Verdict: wrong. */
describe('claim 3: ClientsModule.register([{ name, kafkaOptions }]) gives a Kafka client', () => {
  it('as printed gives a TCP client: the unknown key is ignored', async () => {
    // The compiler would refuse it; the article has no types.
    const printed = [{ name: 'kafka', kafkaOptions: { client } }] as unknown as Parameters<
      typeof ClientsModule.register
    >[0];
    const module = await Test.createTestingModule({ imports: [ClientsModule.register(printed)] }).compile();

    expect(module.get('kafka')).toBeInstanceOf(ClientTCP);
  });

  it('gives a Kafka client with transport and options', async () => {
    const right = [{ name: 'kafka', transport: Transport.KAFKA as const, options: { client } }];
    const module = await Test.createTestingModule({ imports: [ClientsModule.register(right)] }).compile();

    expect(module.get('kafka')).toBeInstanceOf(ClientKafka);
  });
});
