import { ALL_CONTRACTS, TellPriceRevision } from '@fieldguide/contracts';
import { KafkaModule } from '@fieldguide/kafka';
import { InboxModule, OutboxModule } from '@fieldguide/outbox';
import { DatabaseModule, HttpApiModule, OperationsModule, ServiceConfigModule } from '@fieldguide/service-kit';
import { Module } from '@nestjs/common';
import { ChargesModule } from './charges/charges.module.js';
import { Config } from './config.js';
import { PriceListModule } from './price-list/price-list.module.js';

@Module({
  imports: [
    ServiceConfigModule.forService(Config),
    DatabaseModule.forService(
      { migrations: new URL('../migrations', import.meta.url) },
      { inject: [Config], useFactory: (config) => config.database },
    ),
    KafkaModule.forService(
      { service: 'billing', contracts: ALL_CONTRACTS, asks: [TellPriceRevision] },
      { inject: [Config], useFactory: (config: Config) => config.kafka },
    ),
    OutboxModule.forService({ inject: [Config], useFactory: (config: Config) => config.outbox }),
    InboxModule.forService(),
    HttpApiModule,
    OperationsModule,
    ChargesModule,
    PriceListModule,
  ],
})
export class AppModule {}
