export {
  type AccessOperation,
  type AccessOptions,
  type AccessRule,
  deriveAccess,
  missingServices,
  type ServiceAccess,
} from './access.js';
export type { Topology } from '../topology/topology.js';
export { accessTable, aclCommands } from './written.js';
