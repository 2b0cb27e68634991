import { setTimeout as pause } from 'node:timers/promises';
import type { Faults } from '@fieldguide/payment-provider';
import { until } from '../seen/waiting.js';
import type { Injector } from './injector.js';

/** Where others use the machine as well. */
const ANSWERS_WITHIN_MS = 60_000;

/** The provider does so for a while, and has seen so many charges meanwhile. */
const told =
  (faults: Partial<Faults>): Injector =>
  async ({ lastsMs, seed }, { provider, signal }) => {
    const answers = { withinMs: ANSWERS_WITHIN_MS };
    const before = await until('charges', answers, () => provider.charges());
    try {
      await until('the faults', answers, () => provider.faults({ ...faults, seed }));
      await pause(lastsMs, undefined, { signal });
    } finally {
      await until('an end of the faults', answers, () => provider.clearFaults());
    }
    const charges = (await until('charges', answers, () => provider.charges())).slice(before.length);
    const ill = charges.filter(({ outcome }) => outcome === 'failed' || outcome === 'lost');
    return `${charges.length} charges came meanwhile, ${ill.length} failed or were answered to nobody`;
  };

export const providerSlow = told({ latencyMs: 1_500 });
export const providerFailing = told({ failureRate: 0.5 });
export const providerSilent = told({ loseAnswers: true });
export const providerDown = told({ down: true });
