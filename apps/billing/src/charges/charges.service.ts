import type { OrderPlaced } from '@fieldguide/contracts';
import { EventPublisher } from '@fieldguide/kafka';
import { Injectable } from '@nestjs/common';
import { type Charge, type DecidedCharge, isDecided, newsOf } from './charge.js';
import { ChargesRepository } from './charges.repository.js';
import { PaymentProvider } from './payment-provider.js';

@Injectable()
export class ChargesService {
  constructor(
    private readonly charges: ChargesRepository,
    private readonly provider: PaymentProvider,
    private readonly events: EventPublisher,
  ) {}

  /**
   * Charges the customer's card once for each order, and tells what came of it. The same order again: tells it again,
   * under the same identity. So a kill between any two of these steps loses nothing and doubles nothing.
   * @param signal ends a question to the payment provider whose answer nobody waits for any more
   */
  async charge(order: OrderPlaced, signal?: AbortSignal): Promise<void> {
    const { orderId, total, card } = order;
    const charge = await this.charges.open({ orderId, amount: total });
    const decided = isDecided(charge) ? charge : await this.decide(charge, card, signal);
    await this.events.publish(newsOf(decided), { id: decided.newsId, time: decided.decidedAt });
    await this.charges.markSaid(orderId);
  }

  /** The provider books once for each order, however often it is asked. */
  private async decide(charge: Charge, card: string, signal?: AbortSignal): Promise<DecidedCharge> {
    const decision = await this.provider.charge(charge, card, signal);
    return this.charges.decide(charge.orderId, decision);
  }
}
