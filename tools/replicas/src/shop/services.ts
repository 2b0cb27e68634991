import path from 'node:path';
import { workspaceRoot } from '@fieldguide/infra';

export type ServiceName = 'orders' | 'billing' | 'notifications';

interface Service {
  name: ServiceName;
  /** How many replicas run where nobody says otherwise. */
  replicas: number;
  /** Replica 1 prefers this port, each further one the port 10 higher. */
  firstPort: number;
}

export const services: readonly Service[] = [
  { name: 'orders', replicas: 1, firstPort: 3000 },
  { name: 'billing', replicas: 2, firstPort: 3001 },
  { name: 'notifications', replicas: 2, firstPort: 3002 },
];

export const MOST_REPLICAS = 50;

export const mainOf = (project: string): string => path.join(workspaceRoot, project, 'dist/main.js');

/** `ORDERS_PORT` for orders and port: how a service calls its own settings. */
export const setting = (service: string, what: string): string =>
  `${service.toUpperCase().replaceAll('-', '_')}_${what}`;
