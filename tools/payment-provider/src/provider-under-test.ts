import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PaymentProvider } from './client.js';
import { type RunningPaymentProvider, startPaymentProvider } from './provider.js';

/** A provider on free ports, with a ledger of its own. */
export class ProviderUnderTest {
  private readonly ledger = mkdtempSync(path.join(tmpdir(), 'payment-provider-'));
  private running!: RunningPaymentProvider;

  async start(): Promise<this> {
    this.running = await startPaymentProvider({ port: 0, controlPort: 0, ledger: this.ledger });
    return this;
  }

  get url(): string {
    return this.running.url;
  }

  get controlUrl(): string {
    return this.running.controlUrl;
  }

  get witness(): PaymentProvider {
    return new PaymentProvider(this.controlUrl);
  }

  get ledgerFile(): string {
    return path.join(this.ledger, 'charges.jsonl');
  }

  charge(key: string, body: unknown, url = this.url): Promise<Response> {
    return fetch(`${url}/charges`, {
      method: 'POST',
      headers: { 'idempotency-key': key, 'content-type': 'application/json' },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  }

  /** Resolves when so many charges sit out their latency. */
  async waiting(count: number): Promise<void> {
    const deadline = Date.now() + 5_000;
    for (;;) {
      const { waiting } = (await (await fetch(`${this.controlUrl}/health`)).json()) as { waiting: number };
      if (waiting === count) return;
      if (Date.now() > deadline) throw new Error(`${waiting} charges wait, not ${count}, after 5 s`);
    }
  }

  async restart(): Promise<void> {
    this.running.stop();
    await this.start();
  }

  remove(): void {
    this.running.stop();
    rmSync(this.ledger, { recursive: true });
  }
}

export const chargeOf = (orderId: string, card = 'tok_visa') => ({
  orderId,
  card,
  amount: { cents: 1250, currency: 'EUR' },
});
