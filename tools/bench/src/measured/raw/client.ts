import kafkajs, { type Kafka } from 'kafkajs';

export const connectionOf = (brokers: readonly string[], clientId: string): Kafka =>
  new kafkajs.Kafka({ clientId, brokers: [...brokers], logLevel: kafkajs.logLevel.NOTHING });

export const { DefaultPartitioner } = kafkajs.Partitioners;
