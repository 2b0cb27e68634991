import { resolve } from 'node:path';
import { type DynamicModule, Global, Module } from '@nestjs/common';
import { ConfigModule, ConfigService } from '@nestjs/config';
import { readConfig } from './read-config.js';

/** `.env` beside `.env.example`, in the root of the repository: read where it is, and never in place of what is set. */
const ENV_FILE = resolve(import.meta.dirname, '../../../../.env');

/** Lets a service's parts inject its config class. */
@Global()
@Module({})
export class ServiceConfigModule {
  static forService(configClass: new () => object): DynamicModule {
    return {
      module: ServiceConfigModule,
      imports: [ConfigModule.forRoot({ isGlobal: true, cache: true, envFilePath: ENV_FILE })],
      // A provider, and not forRoot's `validate`: that one runs when app.module.ts is imported, so that it would have
      // `--topology`, which needs no environment, end with an unhandled rejection.
      providers: [
        { provide: configClass, inject: [ConfigService], useFactory: () => readConfig(configClass, process.env) },
      ],
      exports: [configClass],
    };
  }
}
