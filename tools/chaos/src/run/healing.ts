import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { home } from '@fieldguide/infra';
import type { PaymentProvider } from '@fieldguide/payment-provider';
import type { ShopControl } from '@fieldguide/replicas';
import { rightClocks } from '../faults/clock.js';
import { type Parts, startParts } from './parts.js';
import { until } from '../seen/waiting.js';
import { bringUp, takeDown } from './replicas.js';

const HEALED_WITHIN_MS = 60_000;

/** What a run may have broken, written down before it breaks anything: a run that was killed is healed by the next one. */
const file = (): string => path.join(home(), 'chaos', 'open.json');

export function willBreak(replicas: readonly string[]): void {
  mkdirSync(path.dirname(file()), { recursive: true });
  writeFileSync(file(), JSON.stringify({ replicas }));
}

/** The replicas that ran before a run that has not healed what it broke; undefined where there is none. */
export function brokenRun(): readonly string[] | undefined {
  if (!existsSync(file())) return undefined;
  return (JSON.parse(readFileSync(file(), 'utf8')) as { replicas: string[] }).replicas;
}

/** Resolves when every part and exactly these replicas run, and the provider does what it should. */
export async function heal(
  replicas: readonly string[],
  { control, provider, parts }: { control: ShopControl; provider: PaymentProvider; parts: Parts },
): Promise<void> {
  await startParts(parts);
  await until('the payment provider does what it should', { withinMs: HEALED_WITHIN_MS }, () => provider.clearFaults());
  rightClocks([...new Set(replicas.map((replica) => replica.replace(/-\d+$/, '')))]);
  const others = (await control.list()).map(({ replica }) => replica).filter((replica) => !replicas.includes(replica));
  for (const replica of others) await takeDown(control, replica);
  await Promise.all(replicas.map((replica) => bringUp(control, replica)));
  rmSync(file(), { force: true });
}
