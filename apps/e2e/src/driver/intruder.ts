import kafkajs, { type Admin, type Consumer, type Kafka } from 'kafkajs';

/** What somebody can do who has one service's password, and a client of his own. */
export class Intruder {
  private readonly kafka: Kafka;

  constructor(brokers: string, username: string, password: string) {
    this.kafka = new kafkajs.Kafka({
      clientId: `intruder-${username}`,
      brokers: brokers.split(','),
      sasl: { mechanism: 'scram-sha-256', username, password },
      logLevel: kafkajs.logLevel.NOTHING,
    });
  }

  /** A record of a topic, in a group. */
  reads(topic: string, groupId: string): Promise<void> {
    return this.consumes(topic, groupId, (consumer, done) =>
      consumer.run({ autoCommit: false, eachMessage: () => Promise.resolve(done()) }),
    );
  }

  /** A group, beside its members. */
  joins(groupId: string, topic: string): Promise<void> {
    return this.consumes(topic, groupId, (consumer, done) => {
      consumer.on(consumer.events.GROUP_JOIN, done);
      return consumer.run({ autoCommit: false, eachMessage: () => Promise.resolve() });
    });
  }

  async writes(topic: string): Promise<void> {
    const producer = this.kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
    await producer.connect();
    try {
      await producer.send({ topic, messages: [{ key: 'forged', value: '{}' }] });
    } finally {
      await producer.disconnect();
    }
  }

  /** Everything that a group has still to handle is skipped. */
  setsOffsets(groupId: string, topic: string): Promise<void> {
    return this.asks(async (admin) => {
      await admin.setOffsets({ groupId, topic, partitions: [{ partition: 0, offset: '1' }] });
    });
  }

  creates(topic: string): Promise<void> {
    return this.asks(async (admin) => {
      await admin.createTopics({ topics: [{ topic, numPartitions: 1 }] });
    });
  }

  deletes(topic: string): Promise<void> {
    return this.asks((admin) => admin.deleteTopics({ topics: [topic] }));
  }

  private async asks(work: (admin: Admin) => Promise<void>): Promise<void> {
    const admin = this.kafka.admin();
    await admin.connect();
    try {
      await work(admin);
    } finally {
      await admin.disconnect();
    }
  }

  /** Settles with what comes first: what was wanted, or the end of the consumer. `run` resolves even where it is refused. */
  private async consumes(
    topic: string,
    groupId: string,
    run: (consumer: Consumer, done: () => void) => Promise<void>,
  ): Promise<void> {
    // One that is disconnected while it restarts would go on for ever.
    const retry = { restartOnFailure: () => Promise.resolve(false) };
    const consumer = this.kafka.consumer({ groupId, maxWaitTimeInMs: 50, retry });
    await consumer.connect();
    try {
      await consumer.subscribe({ topics: [topic], fromBeginning: true });
      await new Promise<void>((resolve, reject) => {
        consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error));
        run(consumer, resolve).catch(reject);
      });
    } finally {
      await consumer.disconnect();
    }
  }
}

/** `done`, or what the broker said; where kafkajs does not tell, what it said itself. */
export async function outcomeOf(attempt: Promise<void>): Promise<string> {
  try {
    await attempt;
    return 'done';
  } catch (error) {
    return reasonOf(error as Failure);
  }
}

interface Failure {
  readonly name: string;
  readonly type?: string;
  readonly cause?: Failure;
  readonly errors?: readonly Failure[];
}

function reasonOf({ name, type, cause, errors = [] }: Failure): string {
  const inner = cause ?? errors[0];
  return type ?? (inner ? reasonOf(inner) : name);
}
