import { type CallHandler, Controller, type ExecutionContext, type NestInterceptor, type Type } from '@nestjs/common';
import { ValidationPipe } from '@nestjs/common';
import { Ctx, EventPattern, type KafkaContext, Payload } from '@nestjs/microservices';
import { type Good, mix, type PoisonSender, type ShownPoison, type StockEnding } from '@fieldguide/poison';
import { IsInt, IsString, IsUUID } from 'class-validator';
import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { eventually, type StockBroker, unique } from '../stock-broker.js';
import { startStock, type StockService } from '../stock-service.js';

/** What a service may know of an order, and checks. */
class OrderPlaced {
  @IsUUID() orderId?: string;
  @IsString() customer?: string;
  @IsInt() quantity?: number;
}

/** What became of a topic with one poison between two good messages. */
export interface Seen {
  readonly ending: StockEnding;
  /** `ce_id` of each message that a handler got, once: where its commit failed it comes again. */
  readonly heard: readonly string[];
  readonly committed: number;
  readonly members: number;
}

/** kafkajs' number of retries, without its long pauses. */
const RETRY = { retries: 5, initialRetryTime: 20, maxRetryTime: 50 };
const TRIES = RETRY.retries + 1;
/** Some of it is work, for a process that others run in, too. */
const PATIENCE_MS = 240_000;

/** A stock service with a topic and a group of its own, in which a good message, poison, and a good message stand. */
export class PoisonedService {
  readonly #topic = unique('poisoned');
  readonly #order = { orderId: randomUUID(), customer: 'Ada', quantity: 2 };
  readonly #heard: { id: string; payload: object }[] = [];
  /** Also what never came to the handler. */
  #deliveries = 0;

  constructor(
    private readonly broker: StockBroker,
    readonly poison: ShownPoison,
  ) {}

  async fill(sender: PoisonSender): Promise<void> {
    const ids = ['before', 'poison', 'after'];
    const good = (): Good => ({ key: 'order', value: this.#order, headers: { ce_id: ids.shift() ?? '' } });
    await this.broker.createTopic(this.#topic);
    await sender.send(this.#topic, 0, mix([this.poison], good));
  }

  /** Runs until it is clear how it ends. */
  async run(): Promise<Seen> {
    const service = await startStock(
      this.broker,
      this.#topic,
      [this.#controller()],
      { consumer: consumerOf(this.poison) },
      (app) => {
        app.useGlobalInterceptors(this.#counter());
        app.useGlobalPipes(new ValidationPipe({ whitelist: true, transform: true }));
      },
    );
    let ending: StockEnding | undefined;
    await eventually(`the end of ${this.poison.name}`, () => Boolean((ending = this.#ending(service))), PATIENCE_MS);
    const seen = await this.#look(ending as StockEnding);
    await service.close();
    return seen;
  }

  #ending({ crashes }: StockService): StockEnding | undefined {
    if (crashes.some(({ restart }) => !restart)) return 'ends';
    if (crashes.length > 0 && this.#deliveries > TRIES) return 'blocks';
    if (!this.#heard.some(({ id }) => id === 'after')) return undefined;
    const got = this.#heard.filter(({ id }) => id === 'poison');
    if (got.length === 0) return 'nothing';
    return got.every(({ payload }) => isDeepStrictEqual({ ...payload }, this.#order)) ? 'handled' : 'handled-otherwise';
  }

  /** Where the group stands, when that is where it stays. */
  async #look(ending: StockEnding): Promise<Seen> {
    const topic = this.#topic;
    let [committed, members] = [-1, -1];
    await eventually(`${this.poison.name} is settled`, async () => {
      committed = await this.broker.committed(topic, topic);
      members = await this.broker.members(topic);
      if (ending === 'ends') return members === 0;
      return ending === 'blocks' || committed > 1;
    });
    return { ending, heard: [...new Set(this.#heard.map(({ id }) => id))], committed, members };
  }

  #controller(): Type {
    const [topic, heard] = [this.#topic, this.#heard];
    @Controller()
    class Hearer {
      @EventPattern(topic)
      handle(@Payload() payload: OrderPlaced, @Ctx() context: unknown): void {
        heard.push({ id: idOf(context as KafkaContext), payload });
      }
    }
    return Hearer;
  }

  /** Stands before the pipe. */
  #counter(): NestInterceptor {
    return {
      intercept: (context: ExecutionContext, next: CallHandler) => {
        if (idOf(context.switchToRpc().getContext()) === 'poison') this.#deliveries++;
        return next.handle();
      },
    };
  }
}

/**
 * kafkajs does not always say goodbye when it ends: then its session must end, too. With all others nothing but a crash takes
 * them out of their group, though one poison keeps this process busy for seconds.
 */
const consumerOf = ({ stock }: ShownPoison) => ({
  retry: RETRY,
  sessionTimeout: stock === 'ends' ? 6_000 : 60_000,
  heartbeatInterval: 500,
});

const idOf = (context: KafkaContext): string => String(context.getMessage().headers?.['ce_id']);
