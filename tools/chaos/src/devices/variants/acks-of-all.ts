import { EventForwarder, type KafkaSettings, type PreparedEvent } from '@fieldguide/kafka';
import { PlainProducer } from './plain-producer.js';
import { partOf, type TakeOut } from './variant.js';

/** The answer of the leader alone. */
const ACKS = 1;

/** An event is published when one broker has it, and nobody numbers what is sent. */
export const takeOutAcksOfAll: TakeOut = async () => {
  const { Config } = await partOf<{ Config: new () => { kafka: KafkaSettings } }>('orders', 'config.js');
  return {
    override: (builder) =>
      builder.overrideProvider(EventForwarder).useFactory({
        inject: [Config],
        factory: ({ kafka }: { kafka: KafkaSettings }) => new EasyForwarder(new PlainProducer(kafka)),
      }),
  };
};

class EasyForwarder {
  constructor(private readonly producer: PlainProducer) {}

  async forward(events: readonly PreparedEvent[]): Promise<(Error | undefined)[]> {
    const failure = await this.producer.send(events, ACKS).catch((error: Error) => error);
    return events.map(() => failure ?? undefined);
  }

  close(): Promise<void> {
    return this.producer.close();
  }
}
