import { type ContractClass, Event } from '@fieldguide/kafka';
import { type DynamicModule, Global, Injectable, Module, type OnApplicationShutdown } from '@nestjs/common';
import { IsInt, IsString } from 'class-validator';
import pg from 'pg';
import { OutboxModule } from '../outbox.module.js';
import { Outbox } from '../outbox/outbox.js';
import type { OutboxSettings } from '../outbox/outbox-settings.js';
import { PgTransactions } from '../transactions/pg-transactions.js';
import { Transactions } from '../transactions/transactions.js';

/** An event of a service under test: the `revision`s of a `note` are told in their order. */
export interface NoteWritten {
  note: string;
  revision: number;
  text: string;
}

export function noteContract(service: string): ContractClass<NoteWritten> {
  const example = { note: 'a', revision: 1, text: '' };
  @Event(`${service}.note-written.v1`, { key: 'note', example, partitions: 3 })
  class NoteWrittenV1 implements NoteWritten {
    @IsString() note!: string;
    @IsInt() revision!: number;
    @IsString() text!: string;
  }
  return NoteWrittenV1;
}

export const NOTES_SQL = 'create table notes (note text primary key, revision int not null)';

const CONTRACT = Symbol('contract of notes');

/** Writes notes and tells of them, as a service would: the row is locked before its event is added. */
@Injectable()
export class Notes implements OnApplicationShutdown {
  constructor(
    readonly transactions: PgTransactions,
    private readonly outbox: Outbox,
    private readonly contract: ContractClass<NoteWritten>,
    private readonly pool: pg.Pool,
  ) {}

  /** @param between runs before the transaction ends */
  write(note: string, text = '', between: () => Promise<void> | void = () => undefined): Promise<number> {
    return this.transactions.withTransaction(async () => {
      const { rows } = await this.transactions.db.query<{ revision: number }>(WRITE, [note]);
      const revision = rows[0]?.revision ?? 0;
      await this.outbox.add(Object.assign(new this.contract(), { note, revision, text }));
      await between();
      return revision;
    });
  }

  async onApplicationShutdown(): Promise<void> {
    await this.pool.end();
  }
}

const WRITE = `insert into notes values ($1, 1) on conflict (note) do update set revision = notes.revision + 1 returning revision`;

/** All that a service has beside KafkaModule: its database, transactions, outbox, notes. */
export function notesModules(contract: ContractClass<NoteWritten>, settings: OutboxSettings): DynamicModule[] {
  const pool = new pg.Pool({ connectionString: settings.databaseUrl, max: 20 });
  pool.on('error', () => undefined);
  return [
    {
      module: NotesModule,
      global: true,
      providers: [
        { provide: PgTransactions, useValue: new PgTransactions(pool) },
        { provide: Transactions, useExisting: PgTransactions },
        { provide: CONTRACT, useValue: contract },
        {
          provide: Notes,
          inject: [PgTransactions, Outbox, CONTRACT],
          useFactory: (transactions: PgTransactions, outbox: Outbox, of: ContractClass<NoteWritten>) =>
            new Notes(transactions, outbox, of, pool),
        },
      ],
      exports: [Transactions, PgTransactions, Notes],
    },
    OutboxModule.forService({ useFactory: () => settings }),
  ];
}

@Global()
@Module({})
class NotesModule {}
