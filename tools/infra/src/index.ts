export { acquireInfra, type AcquireOptions, type Infra, infraStopped } from './acquire.js';
export { services as servicesInApps } from './workspace.js';
export { home, isCluster, isSecured, workspaceRoot } from './home.js';
export { InfraError } from './infra-error.js';
export { kafkaLogin } from './kafka-login.js';
export { freePort, takePort } from './machine/ports.js';
export { onCore } from './machine/programs.js';
export { brokerControl, type BrokerControl, databaseControl, mailControl, type PartControl } from './part-control.js';
export { type OwnCluster, startOwnCluster } from './own-cluster.js';
export { type OwnBroker, type OwnBrokerOptions, startOwnBroker } from './own-broker.js';
export {
  type Choice,
  type Credentials,
  type Part,
  type Provider,
  readCredentials,
  readSystem,
  type System,
  updateCredentials,
  updateSystem,
} from './system.js';
