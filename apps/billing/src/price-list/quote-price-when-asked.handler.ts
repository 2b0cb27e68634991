import { Quote, QuotePrice } from '@fieldguide/contracts';
import { create, HandleRequest } from '@fieldguide/kafka';
import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { PriceList } from './price-list.js';
import { quote } from './price.js';

@Controller()
export class QuotePriceWhenAsked {
  constructor(private readonly list: PriceList) {}

  @HandleRequest(QuotePrice)
  handle(@Payload() { lines }: QuotePrice): Quote {
    return create(
      Quote,
      quote(lines, (sku) => this.list.priceOf(sku)),
    );
  }
}
