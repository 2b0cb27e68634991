import { type Money, PriceListChanged, TellPriceRevision } from '@fieldguide/contracts';
import { create, EventPublisher, type Fields, Requester } from '@fieldguide/kafka';
import { isPassing, TryAgainException } from '@fieldguide/service-kit';
import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { PriceListRepository, type ToldPrice } from './price-list.repository.js';
import { PriceList } from './price-list.js';
import type { Price } from './price.js';

/** How long replicas are waited for where nobody says how many there are. */
const REPLICAS_MS = 1_000;
/** What answers under billing's name and is none of its replicas. */
const UNNAMED = 'unnamed';

/** Which revision of an article's price each replica holds, and which replicas hold none. */
export interface Revisions {
  readonly replicas: { readonly replica: string; readonly revision: number }[];
  readonly failures: { readonly replica: string; readonly code: string }[];
}

const byName = (one: { replica: string }, other: { replica: string }): number =>
  one.replica.localeCompare(other.replica);

@Injectable()
export class PriceListService implements OnApplicationBootstrap {
  private readonly logger = new Logger('PriceList');

  constructor(
    private readonly list: PriceList,
    private readonly prices: PriceListRepository,
    private readonly events: EventPublisher,
    private readonly requests: Requester,
  ) {}

  /**
   * Loads the list once more: `main.ts` comes here when this replica has taken its position in the topic, so that of a
   * change between the first load and that position nothing is missed. And tells what a replica that was killed has
   * stored and not told.
   */
  async onApplicationBootstrap(): Promise<void> {
    await loadInto(this.list, this.prices);
    for (const untold of await this.prices.untold()) {
      await this.tell(untold).catch((error: unknown) => {
        if (!(error instanceof TryAgainException)) throw error;
        this.logger.warn(`${error.message} Or start a replica of billing again.`);
      });
    }
  }

  /**
   * Stores a new price and tells it to every replica, this one included. The price that the article has already is told
   * again only if nobody knows whether it was told.
   * @throws TryAgainException where the price is stored, and it is not known whether it was told
   */
  async change(sku: string, price: Fields<Money>): Promise<Price> {
    const changed = await this.prices.change(sku, price);
    if (!changed.said) await this.tell(changed);
    return { sku, price: changed.price, revision: changed.revision };
  }

  /**
   * What every replica of billing holds, this one included; those that do not answer in time are missing.
   * @throws TryAgainException where they could not be asked
   */
  async revisionsOf(sku: string, expected?: number): Promise<Revisions> {
    try {
      const options = { timeoutMs: REPLICAS_MS, ...(expected === undefined ? {} : { expected }) };
      const { replies, failures } = await this.requests.askAll(create(TellPriceRevision, { sku }), options);
      return {
        replicas: replies
          .map(({ from, reply }) => ({ replica: from ?? UNNAMED, revision: reply.revision }))
          .sort(byName),
        failures: failures.map(({ from, code }) => ({ replica: from ?? UNNAMED, code })).sort(byName),
      };
    } catch (cause) {
      if (!isPassing(cause)) throw cause;
      throw new TryAgainException('The replicas of billing could not be asked.', 5, {}, { cause });
    }
  }

  private async tell(changed: ToldPrice): Promise<void> {
    const { sku, price, revision, newsId: id, changedAt: time } = changed;
    try {
      await this.events.publish(create(PriceListChanged, { sku, price, revision }), { id, time });
      await this.prices.markSaid(changed);
    } catch (cause) {
      if (!isPassing(cause)) throw cause;
      const message = `The price of ${sku} is stored, but the other replicas may not know it yet. Send it once more.`;
      throw new TryAgainException(message, 5, {}, { cause });
    }
  }
}

/** Fills a replica's list from the database. What it knows better it keeps. */
export async function loadInto(list: PriceList, prices: PriceListRepository): Promise<void> {
  for (const price of await prices.all()) list.follow(price);
}
