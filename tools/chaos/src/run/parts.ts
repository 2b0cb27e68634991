import {
  brokerControl,
  type BrokerControl,
  type Choice,
  databaseControl,
  mailControl,
  type PartControl,
} from '@fieldguide/infra';
import type { KindName } from '../schedule/kinds.js';

/** What of Kafka, PostgreSQL and mail this home runs itself; another one's cannot be taken away. */
export interface Parts {
  readonly kafka?: BrokerControl;
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
  return part && !parts[part]
    ? `${kind} is left out: ${part} is not run by this home itself, without Docker`
    : undefined;
}

/** Resolves when every part runs. */
export async function startParts({ kafka, postgres, mail }: Parts): Promise<void> {
  const brokers = (kafka?.nodes ?? []).map(({ id }) => kafka?.start(id));
  await Promise.all([...brokers, postgres?.start(), mail?.start()]);
}

/** Of a shop whose parts come from there. Docker's and somebody else's stay where they are. */
export function partsOf(choices: readonly Choice[]): Parts {
  const isOurs = (part: Choice['part']): boolean =>
    choices.some((choice) => choice.part === part && choice.provider === 'local');
  return {
    ...(isOurs('kafka') && { kafka: brokerControl() }),
    ...(isOurs('postgres') && { postgres: databaseControl() }),
    ...(isOurs('mail') && { mail: mailControl() }),
  };
}
