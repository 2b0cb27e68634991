import path from 'node:path';
import { workspaceRoot } from '@fieldguide/infra';

interface Service<Name extends string = string> {
  name: Name;
  /** How many replicas run where nobody says otherwise. */
  replicas: number;
  /** Replica 1 prefers this port, each further one the port 10 higher. */
  firstPort: number;
}

const SERVICES = [
  { name: 'orders', replicas: 1, firstPort: 3000 },
  { name: 'billing', replicas: 2, firstPort: 3001 },
  { name: 'notifications', replicas: 2, firstPort: 3002 },
  { name: 'analytics', replicas: 1, firstPort: 3003 },
] as const satisfies readonly Service[];

export type ServiceName = (typeof SERVICES)[number]['name'];

export const services: readonly Service<ServiceName>[] = SERVICES;

/** The replicas that run where nobody says otherwise: `orders-1` and so on. */
export const usualReplicas: readonly string[] = services.flatMap(({ name, replicas }) =>
  Array.from({ length: replicas }, (_, index) => `${name}-${index + 1}`),
);

export const MOST_REPLICAS = 50;

export const mainOf = (project: string): string => path.join(workspaceRoot, project, 'dist/main.js');

/** `ORDERS_PORT` for orders and port: how a service calls its own settings. */
export const setting = (service: string, what: string): string =>
  `${service.toUpperCase().replaceAll('-', '_')}_${what}`;
