import { PriceRevision, TellPriceRevision } from '@fieldguide/contracts';
import { create, HandleRequest, RequestError } from '@fieldguide/kafka';
import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { PriceList } from './price-list.js';

@Controller()
export class TellPriceRevisionWhenAsked {
  constructor(private readonly list: PriceList) {}

  @HandleRequest(TellPriceRevision, { delivery: 'every-replica' })
  handle(@Payload() { sku }: TellPriceRevision): PriceRevision {
    const known = this.list.priceOf(sku);
    if (!known) throw new RequestError('UNKNOWN_SKU', `There is no article "${sku}" in the price list.`);
    return create(PriceRevision, { revision: known.revision });
  }
}
