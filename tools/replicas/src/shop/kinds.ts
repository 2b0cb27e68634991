import { existsSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Infra, workspaceRoot } from '@fieldguide/infra';
import { mainOf, MOST_REPLICAS, services, type ServiceName, setting } from './services.js';
import type { Kind } from '../supervisor/kind.js';
import { ReplicaLog } from '../supervisor/replica-log.js';
import { buildOf, foldersOf } from '../watching/builds.js';

export const PAYMENT_PROVIDER = 'payment-provider';
const PAYMENT_PROVIDER_CONTROL_PORT = 3901;
/** Where the payment provider takes charges, unless somebody else has that port. */
export const CHARGING_PORT = 3900;

export interface KindsOptions {
  infra: Infra;
  home: string;
  databases: Record<ServiceName, string>;
  /** Where the payment provider takes charges. */
  chargingPort: number;
  /** For every service, over what it gets anyway. */
  env: Record<string, string>;
  watch: boolean;
  onOutput: (replica: string, line: string) => void;
}

/** How each service and the payment provider are run. */
export function shopKinds(options: KindsOptions): Kind[] {
  return [...services.map(({ name, firstPort }) => serviceKind(options, name, firstPort)), paymentProvider(options)];
}

function paymentProvider({ home, chargingPort, onOutput }: KindsOptions): Kind {
  const folder = path.join(home, 'log');
  return {
    service: PAYMENT_PROVIDER,
    most: 1,
    outsideWorld: true,
    plan: (replica) => ({
      ...{ service: PAYMENT_PROVIDER, replica, main: mainOf('tools/payment-provider'), readyPath: '/health' },
      preferredPort: PAYMENT_PROVIDER_CONTROL_PORT,
      env: (port) => ({
        ...process.env,
        PAYMENT_PROVIDER_PORT: String(chargingPort),
        PAYMENT_PROVIDER_CONTROL_PORT: String(port),
        PAYMENT_PROVIDER_LEDGER: path.join(home, PAYMENT_PROVIDER),
      }),
      log: new ReplicaLog(folder, replica, (line) => onOutput(replica, line)),
      build: () => '',
    }),
  };
}

function serviceKind(options: KindsOptions, service: ServiceName, firstPort: number): Kind {
  const { home, watch, onOutput } = options;
  const log = path.join(home, 'log');
  const folders = watch ? foldersOf(workspaceRoot, `apps/${service}`) : [];
  return {
    service,
    most: MOST_REPLICAS,
    plan: (replica, number) => ({
      ...{ service, replica, main: mainOf(`apps/${service}`), readyPath: '/health/ready' },
      preferredPort: firstPort + 10 * (number - 1),
      env: (port) => ({
        ...serviceEnvironment(options, service, options.databases[service]),
        REPLICA: String(number),
        [setting(service, 'PORT')]: String(port),
        ...options.env,
        ...loadedFirst(home, service),
      }),
      log: new ReplicaLog(log, replica, (line) => onOutput(replica, line)),
      build: () => (watch ? buildOf(folders) : ''),
    }),
  };
}

/** What every process of a service gets, be it a replica or a replay. */
export function serviceEnvironment(
  { infra, home, chargingPort }: Pick<KindsOptions, 'infra' | 'home' | 'chargingPort'>,
  service: ServiceName,
  databaseUrl: string,
): NodeJS.ProcessEnv {
  return {
    ...process.env,
    NODE_ENV: process.env['NODE_ENV'] === 'production' ? 'production' : 'development',
    ...infra.env,
    ...infra.userEnv(service),
    // Whatever somebody's shell or `.env` says: nothing of the shop is to be reached from outside of this machine.
    HOST: '127.0.0.1',
    JOURNAL_DIR: path.join(home, 'log'),
    [setting(service, 'DATABASE_URL')]: databaseUrl,
    ...(service === 'billing' && { BILLING_PAYMENT_PROVIDER_URL: `http://127.0.0.1:${chargingPort}` }),
  };
}

/** What a service loads before its own main, where somebody has put it there: a bug to try, a slower method. */
export function loadedFirst(home: string, service: ServiceName): { NODE_OPTIONS?: string } {
  const file = path.join(home, 'preload', `${service}.mjs`);
  return existsSync(file) ? { NODE_OPTIONS: `--import ${pathToFileURL(file).href}` } : {};
}
