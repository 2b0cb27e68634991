export { applyAccess, type ServiceAccess, shopAccess } from './access/grants.js';
export { topologies } from './access/topologies.js';
export { connectShop } from './control/connect-shop.js';
export { type ServiceName, usualReplicas } from './shop/services.js';
export { type RunningShop, type ShopOptions, startShop } from './shop/shop.js';
export { type Action, ACTIONS, type ShopControl } from './control/shop-control.js';
export { explain, ShopError } from './shop-error.js';
export type { ReplicaState, ReplicaStatus } from './supervisor/replica.js';
export { shopVariables } from './shop-variables.js';
