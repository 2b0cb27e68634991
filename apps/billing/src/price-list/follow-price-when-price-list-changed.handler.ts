import { PriceListChanged } from '@fieldguide/contracts';
import { HandleEvent } from '@fieldguide/kafka';
import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { PriceList } from './price-list.js';

@Controller()
export class FollowPriceWhenPriceListChanged {
  constructor(private readonly list: PriceList) {}

  @HandleEvent(PriceListChanged, { delivery: 'every-replica' })
  handle(@Payload() changed: PriceListChanged): void {
    this.list.follow(changed);
  }
}
