export {
  type AccessOperation,
  type AccessOptions,
  type AccessRule,
  deriveAccess,
  missingServices,
  type ServiceAccess,
} from './access.js';
export { accessTable, aclCommands } from './written.js';
