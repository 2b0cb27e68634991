import { ContractDefinitionError } from './errors.js';

/** How long a topic keeps its records: `30m`, `12h`, `7d`, or `forever`. */
export type Retention = `${number}${'s' | 'm' | 'h' | 'd'}` | 'forever';

const UNIT_MS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** Milliseconds for Kafka's `retention.ms`, -1 for `forever`. */
export function retentionMs(retention: Retention): number {
  if (retention === 'forever') return -1;
  const [, amount, unit] = /^([1-9]\d*)([smhd])$/.exec(retention) ?? [];
  if (!amount || !unit) {
    throw new ContractDefinitionError(`"${retention}" is no retention: expected e.g. 30m, 12h, 7d or forever.`);
  }
  return Number(amount) * UNIT_MS[unit as keyof typeof UNIT_MS];
}
