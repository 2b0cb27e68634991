import type { Message } from 'kafkajs';
import type { BrokerUnderTest, SeenRecord } from './broker-under-test.js';

/** Answers requests as other clients do, with nothing of NestJS or of ours. */
export interface ForeignResponder {
  stop(): Promise<void>;
}

/** @param answer what to send for a request, and where to */
export async function startForeignResponder(
  broker: BrokerUnderTest,
  topic: string,
  answer: (request: SeenRecord) => { topic: string; messages: Message[] } | undefined,
): Promise<ForeignResponder> {
  const groupId = `${topic}.foreign`;
  const consumer = broker.kafka.consumer({ groupId, maxWaitTimeInMs: 50 });
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  await consumer.run({
    eachMessage: async ({ partition, message }) => {
      const reply = answer({ ...message, topic, partition });
      if (reply) await broker.send(reply.topic, ...reply.messages);
    },
  });
  return {
    stop: async () => {
      await consumer.disconnect();
      await broker.admin.deleteGroups([groupId]);
    },
  };
}
