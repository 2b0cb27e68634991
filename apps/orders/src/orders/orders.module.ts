import { Module } from '@nestjs/common';
import { MarkOrderPaidWhenPaymentCaptured } from './mark-order-paid-when-payment-captured.handler.js';
import { OrdersController } from './orders.controller.js';
import { OrdersRepository } from './orders.repository.js';
import { OrdersService } from './orders.service.js';
import { RejectOrderWhenPaymentDeclined } from './reject-order-when-payment-declined.handler.js';

@Module({
  controllers: [OrdersController, MarkOrderPaidWhenPaymentCaptured, RejectOrderWhenPaymentDeclined],
  providers: [OrdersService, OrdersRepository],
})
export class OrdersModule {}
