import kafkajs from 'kafkajs';

const partitioner = kafkajs.Partitioners.DefaultPartitioner();

/** The partition that kafkajs' own partitioner, and with it Java's, chooses for a key. */
export const foreignPartitionOf = (key: Buffer, partitions: number): number =>
  partitioner({
    topic: 'any',
    message: { key, value: null },
    partitionMetadata: Array.from({ length: partitions }, (_, partitionId) => ({
      partitionId,
      leader: 1,
      partitionErrorCode: 0,
      replicas: [1],
      isr: [1],
    })),
  });
