import { inHome } from './home.js';
import { changeJson, readJson } from './machine/json-file.js';

export type Part = 'kafka' | 'postgres' | 'mail';
export type Provider = 'external' | 'docker' | 'local';

/** Where a part of the infrastructure comes from, and why. */
export interface Choice {
  readonly part: Part;
  readonly provider: Provider;
  readonly reason: string;
}

/** What runs where. No secrets: anybody may read it. */
export interface System {
  /** Brokers, `host:port[,host:port]`. */
  kafka: string;
  /** The page of the mail server, '' where an external one has none. */
  mail: string;
  choices: Choice[];
  /** The process that keeps the infrastructure: where it is gone, so is what this file speaks of. */
  keeper?: number;
  orders?: string;
  billing?: string;
  notifications?: string;
  analytics?: string;
  paymentProvider?: string;
  supervisor?: string;
  replicas: { service: string; replica: string; pid: number; url: string; state: string }[];
}

/** Databases and users of the broker, with their passwords: readable by the owner only. */
export interface Credentials {
  /** The server, with a user who may create databases. */
  databaseServer?: string;
  /** The database of each service. */
  databases: Record<string, string>;
  /** Users of the secured broker, with their passwords: `infra`, who may do everything, and one for each service. */
  kafkaUsers?: Record<string, string>;
}

const NOTHING_RUNS: System = { kafka: '', mail: '', choices: [], replicas: [] };

/** `system.json` of this home; undefined where nothing has run. */
export function readSystem(): System | undefined {
  return readJson<System>(inHome('system.json'));
}

/** Merges at the top level: a field that is not named stays as it is. */
export function updateSystem(patch: Partial<System>): void {
  changeJson<System>(inHome('system.json'), (system) => ({ ...(system ?? NOTHING_RUNS), ...patch }));
}

/** `credentials.json` of this home. */
export function readCredentials(): Credentials | undefined {
  return readJson<Credentials>(inHome('credentials.json'));
}

/** Merges at the top level: a field that is not named stays as it is. */
export function updateCredentials(patch: Partial<Credentials>): void {
  const merge = (known: Credentials | undefined): Credentials => ({ ...(known ?? { databases: {} }), ...patch });
  changeJson<Credentials>(inHome('credentials.json'), merge, 0o600);
}
