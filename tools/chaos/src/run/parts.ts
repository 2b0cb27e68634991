import type { Choice } from '@fieldguide/infra';
import type { KindName } from '../schedule/kinds.js';

/** A part of the infrastructure that can be taken away. */
export interface PartControl {
  stop(): Promise<void>;
  start(): Promise<void>;
  pause(): Promise<void>;
  resume(): Promise<void>;
}

export interface BrokersControl {
  readonly nodes: readonly { readonly id: number; readonly address: string }[];
  kill(id: number): Promise<void>;
  start(id: number): Promise<void>;
}

/** What of Kafka, PostgreSQL and mail this home runs itself; another one's cannot be taken away. */
export interface Parts {
  readonly kafka?: BrokersControl;
  readonly postgres?: PartControl;
  readonly mail?: PartControl;
}

const NEEDS: Partial<Record<KindName, keyof Parts>> = {
  'broker-kill': 'kafka',
  'leader-kill': 'kafka',
  'database-stop': 'postgres',
  'mail-down': 'mail',
};

/** Why a kind of fault can't be done here; undefined where it can. */
export function missingFor(kind: KindName, parts: Parts): string | undefined {
  const part = NEEDS[kind];
  return part && !parts[part] ? `${kind} is left out: ${part} is not run by this home` : undefined;
}

/** Resolves when every part runs. */
export async function startParts({ kafka, postgres, mail }: Parts): Promise<void> {
  const brokers = (kafka?.nodes ?? []).map(({ id }) => kafka?.start(id));
  await Promise.all([...brokers, postgres?.start(), mail?.start()]);
}

/** Of a shop whose parts come from there. */
export function partsOf(_choices: readonly Choice[]): Parts {
  return {};
}
