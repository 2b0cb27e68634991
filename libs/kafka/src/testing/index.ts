export { brokers } from './brokers.js';
export { BrokerUnderTest, type SeenRecord } from './broker-under-test.js';
export { deadLettersOf } from './dead-letters.js';
export { eventually } from './eventually.js';
export { startOwnBroker } from './own-broker.js';
export { setClock } from './set-clock.js';
export { type ServiceOptions, startService, type ServiceUnderTest, uniqueService } from './service-under-test.js';
export { whileHandling } from './while-handling.js';
