import { LeaseHolder } from './acquire.js';
import { home } from './home.js';
import { InfraError } from './infra-error.js';
import { connect } from './keeper/connect.js';
import type { PartAction } from './keeper/protocol.js';
import { livingKeeper } from './keeper/registration.js';
import { type Part, readSystem } from './system.js';

/** A part of the infrastructure that runs. Each call rejects with a sentence where this home does not run it itself. */
export interface PartControl {
  /** In good order. Resolves when it is gone; it is not started again by itself. */
  stop(): Promise<void>;
  /** Again, at the same address and with the same data. Resolves when it is ready; nothing happens to one that is there. */
  start(): Promise<void>;
}

/** The brokers that run, by their numbers. */
export interface BrokerControl {
  readonly nodes: readonly { readonly id: number; readonly address: string }[];
  /** SIGKILL. Resolves when it is gone. */
  kill(id: number): Promise<void>;
  stop(id: number): Promise<void>;
  /** Resolves when it is in sync: then another may be taken away. */
  start(id: number): Promise<void>;
  /** SIGSTOP: connections stay open, and nobody answers. */
  pause(id: number): Promise<void>;
  resume(id: number): Promise<void>;
}

export function brokerControl(): BrokerControl {
  const addresses = readSystem()?.kafka.split(',') ?? [];
  const nodes = addresses.map((address, index) => ({ id: index + 1, address }));
  const act = async (id: number, action: PartAction): Promise<void> => {
    if (!nodes.some((node) => node.id === id))
      throw new InfraError(`There is no broker ${id}; there are ${nodes.map((node) => node.id).join(', ')}.`);
    await ask('kafka', action, id);
  };
  return {
    nodes,
    kill: (id) => act(id, 'kill'),
    stop: (id) => act(id, 'stop'),
    start: (id) => act(id, 'start'),
    pause: (id) => act(id, 'pause'),
    resume: (id) => act(id, 'resume'),
  };
}

export const databaseControl = (): PartControl => partControl('postgres');

export const mailControl = (): PartControl => partControl('mail');

const partControl = (part: Part): PartControl => ({
  stop: () => ask(part, 'stop'),
  start: () => ask(part, 'start'),
});

/** Its lease lasts no longer than the question. */
async function ask(part: Part, action: PartAction, node = 1): Promise<void> {
  if (!livingKeeper(home())) throw new InfraError(`No infrastructure runs in ${home()}.`);
  const lease = new LeaseHolder(
    await connect({ home: home(), name: `${action} ${part}`, say: () => undefined }),
    () => undefined,
  );
  try {
    await lease.ask({ what: 'part', part, action, node });
  } finally {
    await lease.release();
  }
}
