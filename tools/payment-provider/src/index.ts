export { PaymentProvider } from './client.js';
export type { Faults } from './faults.js';
export type { Attempt, Outcome } from './ledger.js';
export type { Amount, Charge } from './charge.js';
export { startPaymentProvider, type RunningPaymentProvider } from './provider.js';
