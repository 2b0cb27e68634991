import { Controller, type Type } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { IsString } from 'class-validator';
import { type ContractClass, contractOf, Event } from '../contract/index.js';
import { HandleEvent } from '../handling/handle-event.js';
import { MessageContext, Signal } from '../handling/message-context.js';
import type { BrokerUnderTest } from './broker-under-test.js';

/** One call of a handler that came to its end. */
export interface Handled {
  readonly replica: number;
  readonly thing: string;
  readonly partition: number;
  readonly offset: number;
}

export type HandleThing = (call: Omit<Handled, 'replica'>, signal: AbortSignal) => Promise<void> | void;

/** What is told of a thing: a contract of the service's own, and controllers that handle it. */
export interface Things {
  readonly contract: ContractClass;
  readonly topic: string;
  controller(handle: HandleThing): Type;
}

export function thingsOf(service: string, partitions: number): Things {
  @Event(`${service}.thing-done.v1`, { key: 'thing', example: { thing: 'a' }, partitions })
  class ThingDone {
    @IsString() thing!: string;
  }
  const controller = (handle: HandleThing): Type => {
    @Controller()
    class NoteThings {
      @HandleEvent(ThingDone)
      async handle(
        @Payload() { thing }: ThingDone,
        @Ctx() context: MessageContext,
        @Signal() signal: AbortSignal,
      ): Promise<void> {
        const offset = Number(context.getMessage().offset);
        await handle({ thing, partition: context.getPartition(), offset }, signal);
      }
    }
    return NoteThings;
  };
  return { contract: ThingDone, topic: contractOf(ThingDone).topic, controller };
}

/** Sends a thing to each partition, round after round, until it is stopped, or the client is closed. */
export class ThingStream {
  readonly sent: string[] = [];
  #running: Promise<void> | undefined;
  #stopped = false;

  constructor(
    private readonly broker: BrokerUnderTest,
    private readonly topic: string,
    private readonly partitions: number,
    private readonly everyMs: number,
  ) {}

  start(): this {
    this.#running = this.#run();
    this.broker.beforeClose(() => this.stop());
    return this;
  }

  /** @throws what kept it from sending */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      const next = new Promise((resolve) => setTimeout(resolve, this.everyMs));
      await this.round();
      await next;
    }
  }

  /** One thing for each partition. */
  async round(): Promise<void> {
    const first = this.sent.length;
    const things = Array.from({ length: this.partitions }, (_, partition) => `${first + partition}`);
    this.sent.push(...things);
    await this.broker.send(
      this.topic,
      ...things.map((thing, partition) => ({ partition, key: thing, value: JSON.stringify({ thing }) })),
    );
  }
}

/** What of the things was not handled, and which calls handled something once more. */
export function account(sent: readonly string[], handled: readonly Handled[]): { lost: string[]; again: Handled[] } {
  const seen = new Set<string>();
  const again = handled.filter(({ thing }) => seen.size === seen.add(thing).size);
  return { lost: sent.filter((thing) => !seen.has(thing)), again };
}
