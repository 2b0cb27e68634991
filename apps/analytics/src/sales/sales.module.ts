import { Module } from '@nestjs/common';
import { CountOrderWhenOrderPlaced } from './count-order-when-order-placed.handler.js';
import { CountPaymentWhenPaymentCaptured } from './count-payment-when-payment-captured.handler.js';
import { CountRejectionWhenPaymentDeclined } from './count-rejection-when-payment-declined.handler.js';
import { SalesController } from './sales.controller.js';
import { SalesRepository } from './sales.repository.js';

@Module({
  controllers: [
    SalesController,
    CountOrderWhenOrderPlaced,
    CountPaymentWhenPaymentCaptured,
    CountRejectionWhenPaymentDeclined,
  ],
  providers: [SalesRepository],
})
export class SalesModule {}
