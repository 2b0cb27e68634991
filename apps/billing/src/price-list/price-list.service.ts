import { type Money, PriceListChanged, TellPriceRevision } from '@fieldguide/contracts';
import { create, type Fields, Requester } from '@fieldguide/kafka';
import { Outbox, Transactional } from '@fieldguide/outbox';
import { isPassing, TryAgainException } from '@fieldguide/service-kit';
import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { PriceListRepository } from './price-list.repository.js';
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
  constructor(
    private readonly list: PriceList,
    private readonly prices: PriceListRepository,
    private readonly outbox: Outbox,
    private readonly requests: Requester,
  ) {}

  /**
   * Loads the list once more: `main.ts` comes here when this replica has taken its position in the topic, so that of a
   * change between the first load and that position nothing is missed.
   */
  async onApplicationBootstrap(): Promise<void> {
    await loadInto(this.list, this.prices);
  }

  /** A new price and the news of it, in one transaction; every replica hears it, this one included. */
  @Transactional()
  async change(sku: string, wanted: Fields<Money>): Promise<Price> {
    const { price, isNew } = await this.prices.change(sku, wanted);
    if (isNew) await this.outbox.add(create(PriceListChanged, price));
    return price;
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
}

/** Fills a replica's list from the database. What it knows better it keeps. */
export async function loadInto(list: PriceList, prices: PriceListRepository): Promise<void> {
  for (const price of await prices.all()) list.follow(price);
}
