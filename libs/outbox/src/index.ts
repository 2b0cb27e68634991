export { PgTransactions } from './transactions/pg-transactions.js';
export { Transactional } from './transactions/transactional.js';
export { type Queryable, Transactions } from './transactions/transactions.js';
export { NoTransactionError, TablesMissingError } from './errors.js';
export { OutboxModule, type OutboxSettingsFactory } from './outbox.module.js';
export { Outbox } from './outbox/outbox.js';
export type { OutboxSettings } from './outbox/outbox-settings.js';
