import { Inbox, Transactions } from '@fieldguide/outbox';
import type { TakeOut } from './variant.js';

/** Each event is new, however often it comes. */
export const takeOutInbox: TakeOut = () => ({
  override: (builder) =>
    builder.overrideProvider(Inbox).useFactory({
      inject: [Transactions],
      factory: (transactions: Transactions) => ({
        once: <R>(_name: string, work: () => Promise<R>) => transactions.withTransaction(work),
      }),
    }),
});
