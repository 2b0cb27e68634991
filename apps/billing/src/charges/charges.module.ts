import { Module } from '@nestjs/common';
import { ChargeCardWhenOrderPlaced } from './charge-card-when-order-placed.handler.js';
import { ChargesRepository } from './charges.repository.js';
import { ChargesService } from './charges.service.js';
import { PaymentProvider } from './payment-provider.js';

@Module({
  controllers: [ChargeCardWhenOrderPlaced],
  providers: [ChargesService, ChargesRepository, PaymentProvider],
})
export class ChargesModule {}
