import { ALL_CONTRACTS, QuotePrice } from '@fieldguide/contracts';
import { KafkaModule } from '@fieldguide/kafka';
import { InboxModule, OutboxModule } from '@fieldguide/outbox';
import { DatabaseModule, HttpApiModule, OperationsModule, ServiceConfigModule } from '@fieldguide/service-kit';
import { Module } from '@nestjs/common';
import { Config } from './config.js';
import { OrdersModule } from './orders/orders.module.js';

@Module({
  imports: [
    ServiceConfigModule.forService(Config),
    DatabaseModule.forService(
      { migrations: new URL('../migrations', import.meta.url) },
      { inject: [Config], useFactory: (config) => config.database },
    ),
    KafkaModule.forService(
      { service: 'orders', contracts: ALL_CONTRACTS, asks: [QuotePrice] },
      { inject: [Config], useFactory: (config: Config) => config.kafka },
    ),
    OutboxModule.forService({ inject: [Config], useFactory: (config: Config) => config.outbox }),
    InboxModule.forService(),
    HttpApiModule,
    OperationsModule,
    OrdersModule,
  ],
})
export class AppModule {}
