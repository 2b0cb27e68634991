import { Module } from '@nestjs/common';
import { FollowPriceWhenPriceListChanged } from './follow-price-when-price-list-changed.handler.js';
import { PriceListController } from './price-list.controller.js';
import { PriceListRepository } from './price-list.repository.js';
import { loadInto, PriceListService } from './price-list.service.js';
import { PriceList } from './price-list.js';
import { QuotePriceWhenAsked } from './quote-price-when-asked.handler.js';
import { TellPriceRevisionWhenAsked } from './tell-price-revision-when-asked.handler.js';

@Module({
  controllers: [PriceListController, QuotePriceWhenAsked, TellPriceRevisionWhenAsked, FollowPriceWhenPriceListChanged],
  providers: [
    PriceListRepository,
    PriceListService,
    {
      provide: PriceList,
      inject: [PriceListRepository],
      // Loaded before any handler can run: a quote never meets an empty list.
      useFactory: async (prices: PriceListRepository) => {
        const list = new PriceList();
        await loadInto(list, prices);
        return list;
      },
    },
  ],
})
export class PriceListModule {}
