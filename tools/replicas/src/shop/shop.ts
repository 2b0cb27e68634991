import path from 'node:path';
import { acquireInfra, home, type Infra, type System, takePort, updateSystem } from '@fieldguide/infra';
import { grantAccess } from '../access/grants.js';
import { Closing } from './closing.js';
import { MOST_REPLICAS, services, type ServiceName } from './services.js';
import type { ShopControl } from '../control/shop-control.js';
import { ShopError } from '../shop-error.js';
import { CHARGING_PORT, PAYMENT_PROVIDER, shopKinds } from './kinds.js';
import { claimHome } from '../control/claim.js';
import { ControlServer } from '../control/control-server.js';
import { ReplicaLog } from '../supervisor/replica-log.js';
import { Supervisor } from '../supervisor/supervisor.js';
import { startCompiler } from '../watching/compiler.js';
import { Reload } from '../watching/reload.js';

export interface ShopOptions {
  /** Who runs it: shown by the infrastructure. */
  name: string;
  /** How many of each; as many as `services` says where nothing is said. */
  replicas?: Partial<Record<ServiceName, number>>;
  /** For every service, over what it gets anyway. */
  env?: Record<string, string>;
  /** Takes what happens: a line for each thing. It is written to `log/supervisor.log` as well. */
  say?: (line: string) => void;
  /** Takes each line that a replica prints. It is written to `log/<replica>.log` as well. */
  onOutput?: (replica: string, line: string) => void;
  /** Compiles when a source changes, and restarts the services it touches. */
  watch?: boolean;
  /** Infrastructure that somebody else holds; otherwise the shop takes a lease of its own. */
  infra?: Infra;
  /** Called when the infrastructure is lost under the shop. */
  onLost?: (reason: string) => void;
  /** Gives the start up, or ends the shop. */
  signal?: AbortSignal;
}

export interface RunningShop {
  readonly control: ShopControl;
  readonly system: System;
  readonly choices: Infra['choices'];
  /** Stops the services, then the payment provider, then gives the infrastructure back. */
  stop(): Promise<void>;
}

const READY_WITHIN_MS = 60_000;
/** More than the bounds of a service's own steps together, of which docs/patterns/shutdown.md has the list. */
const STOP_WITHIN_MS = 10_000;

/**
 * Runs the shop of this home (`$FIELDGUIDE_HOME`): infrastructure, payment provider, replicas. Resolves when every
 * replica is ready; otherwise rejects with a sentence, and leaves nothing running.
 */
export async function startShop(options: ShopOptions): Promise<RunningShop> {
  const closing = new Closing(options.say ?? (() => undefined));
  const aborted = new Promise<never>((_resolve, reject) => {
    const giveUp = (): void => void closing.run().then(() => reject(new ShopError('The start was given up.')));
    options.signal?.addEventListener('abort', giveUp, { once: true });
  });
  try {
    return await Promise.race([open(options, closing), aborted]);
  } catch (error) {
    await closing.run();
    throw error;
  }
}

async function open(options: ShopOptions, closing: Closing): Promise<RunningShop> {
  const { watch = false, onOutput = () => undefined } = options;
  const wanted = replicaNames(options.replicas ?? {});
  const server = new ControlServer();
  const supervisorUrl = await server.listen();
  closing.add(() => server.close());
  closing.add(await claimHome(supervisorUrl));
  const log = new ReplicaLog(path.join(home(), 'log'), 'supervisor', options.say ?? (() => undefined));
  closing.add(() => log.close());
  const say = (line: string): void => log.add(line);

  const infra = options.infra ?? (await acquireInfra({ name: options.name, say, onLost: options.onLost ?? say }));
  if (!options.infra) closing.add(() => infra.release());
  const databases = await databaseUrls(infra);
  const chargingPort = await takePort(CHARGING_PORT, 'payment-provider (charges)', say);
  const kinds = shopKinds({ infra, home: home(), databases, chargingPort, env: options.env ?? {}, watch, onOutput });
  const onChange = (): void => updateSystem(systemOf(supervisor, supervisorUrl));
  const limits = { readyWithinMs: READY_WITHIN_MS, stopWithinMs: STOP_WITHIN_MS };
  const supervisor: Supervisor = new Supervisor(kinds, { ...limits, lease: infra, say, onChange });
  closing.add(() => updateSystem(NO_SHOP));
  closing.add(() => supervisor.close(STOP_WITHIN_MS));
  server.control = supervisor;

  await Promise.all([supervisor.start(PAYMENT_PROVIDER), grantAccess(infra, say)]);
  await Promise.all(wanted.map((replica) => supervisor.start(replica)));
  if (watch) closing.add(await watchSources(supervisor, infra, (line) => onOutput('build', line)));
  return {
    control: supervisor,
    choices: infra.choices,
    get system() {
      return supervisor.system;
    },
    stop: () => closing.run(),
  };
}

function replicaNames(counts: Partial<Record<ServiceName, number>>): string[] {
  return services.flatMap(({ name, replicas }) => {
    const count = counts[name] ?? replicas;
    if (!Number.isInteger(count) || count < 0 || count > MOST_REPLICAS)
      throw new ShopError(`${name} can have 0 to ${MOST_REPLICAS} replicas, not ${count}.`);
    return Array.from({ length: count }, (_, index) => `${name}-${index + 1}`);
  });
}

async function databaseUrls(infra: Infra): Promise<Record<ServiceName, string>> {
  const urls = services.map(async ({ name }) => [name, await infra.databaseUrl(name)] as const);
  return Object.fromEntries(await Promise.all(urls)) as Record<ServiceName, string>;
}

/** Returns what ends it. */
async function watchSources(
  supervisor: Supervisor,
  infra: Infra,
  say: (line: string) => void,
): Promise<() => Promise<void>> {
  const reload = new Reload(supervisor, say);
  let over = false;
  // What an edit has added may need a right before its service starts again.
  const compiled = async (errors: number): Promise<void> => {
    if (errors === 0) await grantAccess(infra, say).catch((error: unknown) => say((error as Error).message));
    if (!over) await reload.compiled(errors);
  };
  const compiler = await startCompiler({
    projects: services.map(({ name }) => `apps/${name}`),
    lease: infra,
    say,
    onCompiled: (errors) => void compiled(errors),
  });
  void compiler.ended.then(() => over || say('The compiler ended by itself: edits are not noticed any more.'));
  return async () => {
    over = true;
    reload.end();
    compiler.kill();
    await compiler.ended;
  };
}

function systemOf(supervisor: Supervisor, url: string): Partial<System> {
  const replicas = supervisor.services.map(({ status }) => {
    const { service, replica, pid, url, state } = status;
    return { service, replica, pid, url, state };
  });
  // The first that runs: `system.json` leads to a service as long as one replica of it is there.
  const urlOf = (service: ServiceName): string | undefined => {
    const own = replicas.filter((replica) => replica.service === service);
    return (own.find(({ state }) => state === 'ready') ?? own[0])?.url;
  };
  const [provider] = supervisor.all.filter(({ name }) => name === PAYMENT_PROVIDER);
  return {
    ...Object.fromEntries(services.map(({ name }) => [name, urlOf(name)])),
    ...{ paymentProvider: provider?.url, supervisor: url, replicas },
  };
}

const NO_SHOP = {
  ...Object.fromEntries(services.map(({ name }) => [name, undefined])),
  paymentProvider: undefined,
  supervisor: undefined,
  replicas: [],
};
