import type { Faults } from './faults.js';
import { NO_FAULTS } from './faults.js';
import type { Attempt } from './ledger.js';

/** The witness and the switchboard, for tests and tools. `url` is the provider's control URL (`system.json`). */
export class PaymentProvider {
  constructor(private readonly url: string) {}

  /** Every attempt, oldest first; those of one order where one is named. */
  async charges(orderId?: string): Promise<Attempt[]> {
    const query = orderId === undefined ? '' : `?orderId=${encodeURIComponent(orderId)}`;
    return (await this.call('GET', `/charges${query}`)) as Attempt[];
  }

  /** How it is, and how many charges sit out the ordered latency. */
  async health(): Promise<{ status: 'ok' | 'down'; waiting: number }> {
    return (await this.call('GET', '/health')) as { status: 'ok' | 'down'; waiting: number };
  }

  /** Changes the faults that are named, and resolves when they are in force. */
  async faults(patch: Partial<Faults>): Promise<Faults> {
    return (await this.call('PUT', '/faults', patch)) as Faults;
  }

  async clearFaults(): Promise<Faults> {
    return this.faults(NO_FAULTS);
  }

  private async call(method: string, path: string, body?: object): Promise<unknown> {
    const response = await fetch(`${this.url}${path}`, {
      method,
      signal: AbortSignal.timeout(5_000),
      headers: { 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    }).catch((cause: unknown) => {
      throw new Error(`The payment provider does not answer at ${this.url}.`, { cause });
    });
    const answer: unknown = await response.json();
    if (response.ok) return answer;
    const { error, problems = [] } = answer as { error?: string; problems?: string[] };
    throw new Error([error ?? `The payment provider answered ${response.status}.`, ...problems].join(' '));
  }
}
