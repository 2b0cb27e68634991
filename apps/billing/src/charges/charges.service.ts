import type { OrderPlaced } from '@fieldguide/contracts';
import { Once, Outbox } from '@fieldguide/outbox';
import { Injectable } from '@nestjs/common';
import { type Decision, isDecided, newsOf } from './charge.js';
import { ChargesRepository } from './charges.repository.js';
import { PaymentProvider } from './payment-provider.js';

@Injectable()
export class ChargesService {
  constructor(
    private readonly charges: ChargesRepository,
    private readonly provider: PaymentProvider,
    private readonly outbox: Outbox,
  ) {}

  /**
   * Charges the customer's card once for each order, and tells what came of it. The provider books once for each order,
   * however often it is asked: so a kill between any two of these steps loses nothing and doubles nothing.
   * @param signal ends a question to the payment provider whose answer nobody waits for any more
   */
  async charge({ orderId, total, card }: OrderPlaced, signal?: AbortSignal): Promise<void> {
    const charge = await this.charges.open({ orderId, amount: total });
    if (isDecided(charge)) return;
    const decision = await this.provider.charge(charge, card, signal);
    await this.settle(orderId, decision);
  }

  /** The decision, the news of it, and that this event was handled, in one transaction: all or nothing. */
  @Once()
  private async settle(orderId: string, decision: Decision): Promise<void> {
    const decided = await this.charges.decide(orderId, decision);
    if (decided) await this.outbox.add(newsOf(decided), { time: decided.decidedAt });
  }
}
