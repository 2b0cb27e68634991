import { EventPublisher, KafkaMetrics } from '@fieldguide/kafka';
import { type DynamicModule, Global, Module } from '@nestjs/common';
import { Counter } from 'prom-client';
import { InboxTransactions } from '../inbox/inbox-transactions.js';
import { Inbox } from '../inbox/inbox.js';
import { Outbox } from '../outbox/outbox.js';
import { Wake } from '../relay/wake.js';
import { Transactions } from '../transactions/transactions.js';
import type { ScratchDatabase } from './scratch-database.js';

/** An event that was added and not relayed. */
export interface Told {
  /** `ce_id`. */
  readonly id: string;
  readonly topic: string;
  readonly event: object;
}

/**
 * An outbox that nobody relays, and an inbox, for specs without a broker: what is added stays in its table. `@Once()` asks
 * for a message: `whileHandling`.
 */
export function unrelayedOutbox(service: string): DynamicModule {
  const sender = { mistakeIn: () => undefined, send: () => Promise.reject(new Error('There is no broker.')) };
  const events = new EventPublisher(service, sender, new KafkaMetrics());
  const wake = new Wake({ query: () => Promise.resolve([]) });
  const duplicates = new Counter({ name: 'duplicates', help: '-', labelNames: ['handler'], registers: [] });
  return {
    module: UnrelayedOutbox,
    providers: [
      {
        provide: Outbox,
        inject: [Transactions],
        useFactory: (transactions: Transactions) => new Outbox(transactions, events, wake),
      },
      {
        provide: Inbox,
        inject: [Transactions],
        useFactory: (transactions: Transactions) =>
          new Inbox(transactions, new InboxTransactions(transactions), duplicates),
      },
    ],
    exports: [Outbox, Inbox],
  };
}

/** What was added, in the order in which it was. */
export const toldIn = (database: ScratchDatabase): Promise<Told[]> =>
  database.query<Told & Record<string, unknown>>(
    'select id, topic, value::json as event from outbox order by position',
  );

@Global()
@Module({})
class UnrelayedOutbox {}
