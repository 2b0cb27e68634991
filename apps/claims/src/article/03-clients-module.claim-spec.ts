import { expect, it } from '@jest/globals';
import { ClientKafka, ClientsModule, ClientTCP, Transport } from '@nestjs/microservices';
import { Test } from '@nestjs/testing';
import { claim } from '../claim.js';

const client = { brokers: ['127.0.0.1:9092'] };

const facts = {
  number: 3,
  says: '`ClientsModule.register([{ name, kafkaOptions }])` gives a Kafka client to inject',
  verdict: 'wrong',
  happens: 'What is injected is a `ClientTCP`, which would connect to port 3000 of this machine.',
  why: '`kafkaOptions` is no key that NestJS knows, and without `transport` a client is one for TCP.',
  right: '`ClientsModule.register([{ name, transport: Transport.KAFKA, options: { client, … } }])`',
} as const;

claim(facts, () => {
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
