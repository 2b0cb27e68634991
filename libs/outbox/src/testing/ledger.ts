import { readFile } from 'node:fs/promises';
import { type ContractClass, Event, HandleEvent, type HandleEventOptions, Signal } from '@fieldguide/kafka';
import {
  Controller,
  type DynamicModule,
  Inject,
  Injectable,
  Module,
  type OnApplicationShutdown,
  type Type,
} from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { IsString } from 'class-validator';
import { drizzle } from 'drizzle-orm/node-postgres';
import pg from 'pg';
import { DrizzleTransactions } from '../drizzle/drizzle-transactions.js';
import { Once } from '../inbox/once.js';
import { PgTransactions } from '../transactions/pg-transactions.js';
import { Transactions } from '../transactions/transactions.js';
import type { ScratchDatabase } from './scratch-database.js';

/** What transactions are made of. */
export type Kind = 'pg' | 'drizzle';

export interface ThingDone {
  thing: string;
}

export function thingContract(service: string, partitions = 1): ContractClass<ThingDone> {
  @Event(`${service}.thing-done.v1`, { key: 'thing', example: { thing: 'a' }, partitions })
  class ThingDoneV1 implements ThingDone {
    @IsString() thing!: string;
  }
  return ThingDoneV1;
}

/** A record whose `ce_id` is its thing. */
export const thingRecord = (thing: string, partition = 0, id = thing) => ({
  ...{ partition, key: thing, value: JSON.stringify({ thing }) },
  headers: { ce_id: id },
});

/** What a service's migrations would do. */
export async function makeTables(database: ScratchDatabase): Promise<void> {
  await database.query(await readFile('libs/outbox/sql/inbox.sql', 'utf8'));
  await database.query(LEDGER_SQL);
}

const LEDGER_SQL = `
  create table entries (position bigserial primary key, thing text not null);
  create table singles (thing text, constraint single unique (thing) deferrable initially deferred)`;

/** Notes what was done, in the transaction of whoever asks for it. */
@Injectable()
export class Ledger {
  constructor(private readonly transactions: Transactions) {}

  async enter(thing: string): Promise<void> {
    await this.#query('insert into entries (thing) values ($1)', thing);
  }

  /** Is refused at the commit only. */
  async breakCommit(thing: string): Promise<void> {
    await this.#query('insert into singles values ($1), ($1)', thing);
  }

  async failQuery(): Promise<void> {
    await this.#query('select 1 from no_such_table where $1 = $1', 'x');
  }

  async #query(text: string, value: string): Promise<void> {
    const { running } = this.transactions;
    if (!running) throw new Error('The ledger was asked outside of a transaction.');
    await running.query(text, [value]);
  }
}

/** What a service has beside KafkaModule and InboxModule: its database, transactions, ledger. */
export function ledgerModule(url: string, kind: Kind): DynamicModule {
  const pool = new pg.Pool({ connectionString: url, max: 10 });
  pool.on('error', () => undefined);
  return {
    module: LedgerModule,
    global: true,
    providers: [
      { provide: POOL, useValue: pool },
      {
        provide: Transactions,
        useValue: kind === 'pg' ? new PgTransactions(pool) : new DrizzleTransactions(drizzle(pool)),
      },
      Ledger,
    ],
    exports: [Transactions, Ledger],
  };
}

const POOL = Symbol('pool of the ledger');

@Module({})
class LedgerModule implements OnApplicationShutdown {
  constructor(@Inject(POOL) private readonly pool: pg.Pool) {}

  async onApplicationShutdown(): Promise<void> {
    await this.pool.end();
  }
}

export type HandleThing = (thing: string, ledger: Ledger, signal: AbortSignal) => Promise<void>;

/** A handler that does what a spec says, once for each event. */
export function onceHandler(
  contract: ContractClass<ThingDone>,
  handle: HandleThing,
  options?: HandleEventOptions,
): Type {
  @Controller()
  class NoteThings {
    constructor(@Inject(Ledger) private readonly ledger: Ledger) {}

    @HandleEvent(contract, options)
    @Once()
    async handle(@Payload() { thing }: ThingDone, @Signal() signal: AbortSignal): Promise<void> {
      await handle(thing, this.ledger, signal);
    }
  }
  return NoteThings;
}

/** The same without an inbox. */
export function plainHandler(
  contract: ContractClass<ThingDone>,
  handle: HandleThing,
  options?: HandleEventOptions,
): Type {
  @Controller()
  class NoteThings {
    constructor(@Inject(Ledger) private readonly ledger: Ledger) {}

    @HandleEvent(contract, options)
    async handle(@Payload() { thing }: ThingDone, @Signal() signal: AbortSignal): Promise<void> {
      await handle(thing, this.ledger, signal);
    }
  }
  return NoteThings;
}
