import 'reflect-metadata';

export {
  type Contract,
  type ContractClass,
  contractClassOf,
  contractOf,
  type EventContract,
  type Fields,
  type RequestContract,
} from './contract.js';
export { ContractDefinitionError, ContractViolationError, type Violation } from './errors.js';
export { Event, type EventOptions } from './event.js';
export { assertFulfilled, create, fulfil } from './fulfil.js';
export { type Replying, type ReplyOf, repliesWith, Request, type RequestOptions } from './request.js';
export { type Retention, retentionMs } from './retention.js';
