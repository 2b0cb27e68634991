import { setTimeout as pause } from 'node:timers/promises';
import type { Faults } from '@fieldguide/payment-provider';
import type { Injector } from './injector.js';

/** The provider does so for a while, and has seen so many charges meanwhile. */
const told =
  (faults: Partial<Faults>): Injector =>
  async ({ lastsMs, seed }, { provider, signal }) => {
    const before = await provider.charges();
    await provider.faults({ ...faults, seed });
    try {
      await pause(lastsMs, undefined, { signal });
    } finally {
      await provider.clearFaults();
    }
    const charges = (await provider.charges()).slice(before.length);
    const ill = charges.filter(({ outcome }) => outcome === 'failed' || outcome === 'lost');
    return `${charges.length} charges came meanwhile, ${ill.length} failed or were answered to nobody`;
  };

export const providerSlow = told({ latencyMs: 1_500 });
export const providerFailing = told({ failureRate: 0.5 });
export const providerSilent = told({ loseAnswers: true });
export const providerDown = told({ down: true });
