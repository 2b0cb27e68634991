export { DrizzleTransactions } from './drizzle-transactions.js';
