import { type ContractClass, KafkaModule, KafkaTransport } from '@fieldguide/kafka';
import type { DynamicModule, INestApplication, Provider, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { Task } from '../task.js';

export interface Service {
  readonly contracts: readonly ContractClass[];
  readonly asks?: readonly ContractClass[];
  readonly controllers?: readonly Type[];
  readonly providers?: readonly Provider[];
  readonly imports?: readonly DynamicModule[];
  /** Replica number, where there are several. */
  readonly replica?: number;
}

/** As a team would write it, with the settings that nobody has touched. */
export function createService({ brokers, service, options }: Task, parts: Service): Promise<INestApplication> {
  const { contracts, asks = [], controllers = [], providers = [], imports = [], replica } = parts;
  const { breaker = true } = options;
  const settings = { brokers, breaker: Boolean(breaker), ...(replica === undefined ? {} : { replica }) };
  const kafka = KafkaModule.forService({ service, contracts, asks }, { useFactory: () => settings });
  class App {}
  const app = { module: App, imports: [kafka, ...imports], controllers: [...controllers], providers: [...providers] };
  return NestFactory.create(app, { logger: ['error', 'warn'] });
}

export async function listen(app: INestApplication): Promise<void> {
  app.connectMicroservice({ strategy: app.get(KafkaTransport) }, { inheritAppConfig: true });
  await app.startAllMicroservices();
  await app.init();
}
