export { PgTransactions } from './transactions/pg-transactions.js';
export { Transactional } from './transactions/transactional.js';
export { type Queryable, Transactions } from './transactions/transactions.js';
