import { ALL_CONTRACTS } from '@fieldguide/contracts';
import { KafkaModule } from '@fieldguide/kafka';
import { InboxModule } from '@fieldguide/outbox';
import { DatabaseModule, HttpApiModule, OperationsModule, ServiceConfigModule } from '@fieldguide/service-kit';
import { Module } from '@nestjs/common';
import { Config } from './config.js';
import { SalesModule } from './sales/sales.module.js';

@Module({
  imports: [
    ServiceConfigModule.forService(Config),
    DatabaseModule.forService(
      { migrations: new URL('../migrations', import.meta.url) },
      { inject: [Config], useFactory: (config) => config.database },
    ),
    KafkaModule.forService(
      { service: 'analytics', contracts: ALL_CONTRACTS },
      { inject: [Config], useFactory: (config: Config) => config.kafka },
    ),
    InboxModule.forService(),
    HttpApiModule,
    OperationsModule,
    SalesModule,
  ],
})
export class AppModule {}
