import { eventually } from '../driver/eventually.js';
import { anyone, type OrderWish, type Shop } from '../driver/shop.js';

export interface Placed {
  readonly orderId: string;
  readonly email: string;
  readonly wish: OrderWish;
}

/** Customers who order at a steady pace, whatever becomes of their orders. */
export class OrderStream {
  readonly #placed: Placed[] = [];
  readonly #pending: Promise<unknown>[] = [];
  readonly #timer: NodeJS.Timeout;
  #failure: Error | undefined;
  #asked = 0;

  constructor(
    private readonly shop: Shop,
    perSecond: number,
    private readonly wishOf: (index: number) => OrderWish = () => ({}),
  ) {
    this.#timer = setInterval(() => this.#place(), 1_000 / perSecond);
  }

  /** Orders that were accepted until now. */
  get accepted(): number {
    return this.#placed.length;
  }

  /** Resolves when so many more have been accepted. @throws what an order failed of: then nobody orders any more */
  async goesOn(count: number): Promise<void> {
    const goal = this.accepted + count;
    await eventually(`${goal} orders`, () => this.#failure ?? this.accepted >= goal, 60_000 + count * 1_000);
    if (this.#failure) throw this.#failure;
  }

  /** Nobody orders any more; resolves with all that were accepted. @throws what an order failed of */
  async stop(): Promise<readonly Placed[]> {
    clearInterval(this.#timer);
    await Promise.all(this.#pending);
    if (this.#failure) throw this.#failure;
    return this.#placed;
  }

  #place(): void {
    const wish = { email: anyone(), ...this.wishOf(this.#asked++) };
    const order = this.shop.ordered(wish).then(
      ({ orderId }) => void this.#placed.push({ orderId, email: wish.email, wish }),
      (error: Error) => {
        clearInterval(this.#timer);
        this.#failure ??= error;
      },
    );
    this.#pending.push(order);
  }
}
