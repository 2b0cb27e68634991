import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { KafkaContext } from '@nestjs/microservices';
import type { Consumer, KafkaMessage, Producer } from '@nestjs/microservices/external/kafka.interface.js';
import type { ConsumedRecord } from '../client/index.js';
import { SettingsError } from '../errors.js';
import type { Incoming } from './incoming.js';

/** Nest's KafkaContext, and the signal of the message that is being handled. */
export class MessageContext extends KafkaContext {
  readonly #record: ConsumedRecord;

  constructor(
    private readonly incoming: Incoming,
    consumer: unknown,
    private readonly call: { readonly signal: AbortSignal },
  ) {
    const { record } = incoming;
    super([NOT_YET, record.partition, record.topic, consumer as Consumer, heartbeat, NO_PRODUCER]);
    this.#record = record;
  }

  /** When it happened: `ce_time`; where a record has none that can be read, the time of the record. */
  get time(): Date {
    return this.incoming.time;
  }

  /** The message is handled once more, in a replay: what must not happen twice is for the handler to leave out. */
  get replay(): boolean {
    return this.incoming.replay;
  }

  /**
   * Fires when the partition is lost while the handler runs, whose outcome will be ignored; or when the handler's time limit
   * is over, with a TimeLimitError as its reason.
   */
  get signal(): AbortSignal {
    return this.call.signal;
  }

  override getMessage(): KafkaMessage {
    if (this.args[0] === NOT_YET) this.args[0] = toKafkaMessage(this.#record);
    return this.args[0];
  }

  override getArgs(): KafkaContext['args'] {
    this.getMessage();
    return this.args;
  }

  override getArgByIndex<T = unknown>(index: number): T {
    return this.getArgs()[index] as T;
  }
}

/** Few handlers ask for the message: until one does, it is not made. */
const NOT_YET = {} as KafkaMessage;

/** The AbortSignal of the message: `handle(@Payload() order: OrderPlaced, @Signal() signal: AbortSignal)`. */
export const Signal = createParamDecorator((_: unknown, context: ExecutionContext): AbortSignal => {
  const message: unknown = context.switchToRpc().getContext();
  if (message instanceof MessageContext) return message.signal;
  throw new SettingsError('@Signal() works in methods with @HandleEvent and @HandleRequest only.');
});

function toKafkaMessage(record: ConsumedRecord): KafkaMessage {
  const { key, value, headers, timestamp, offset } = record;
  return {
    key: key as Buffer,
    value,
    timestamp: String(timestamp),
    attributes: 0,
    offset: offset.toString(),
    headers: headers as KafkaMessage['headers'] & object,
  };
}

/** The transport heartbeats whatever a handler does. */
const heartbeat = (): Promise<void> => Promise.resolve();

const NO_PRODUCER = new Proxy({} as Producer, {
  get() {
    throw new SettingsError('KafkaContext.getProducer() is not offered by this transport: inject EventPublisher.');
  },
});
