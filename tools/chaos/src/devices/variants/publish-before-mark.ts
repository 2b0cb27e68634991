import { EventForwarder, type KafkaSettings, type PreparedEvent } from '@fieldguide/kafka';
import { PlainProducer } from './plain-producer.js';
import { partOf, type TakeOut } from './variant.js';

/** Long enough for whoever wants to kill the service in between. */
const LATER_MS = 8_000;

/** The relay is told that all is published, marks it so, and only later it is published. */
export const takeOutPublishBeforeMark: TakeOut = async () => {
  const { Config } = await partOf<{ Config: new () => { kafka: KafkaSettings } }>('orders', 'config.js');
  return {
    override: (builder) =>
      builder.overrideProvider(EventForwarder).useFactory({
        inject: [Config],
        factory: ({ kafka }: { kafka: KafkaSettings }) => new LateForwarder(new PlainProducer(kafka)),
      }),
  };
};

class LateForwarder {
  constructor(private readonly producer: PlainProducer) {}

  forward(events: readonly PreparedEvent[]): Promise<undefined[]> {
    setTimeout(() => void this.producer.send(events).catch((error: unknown) => console.error(error)), LATER_MS);
    return Promise.resolve(events.map(() => undefined));
  }

  close(): Promise<void> {
    return this.producer.close();
  }
}
