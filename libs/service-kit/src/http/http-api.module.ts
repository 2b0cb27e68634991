import { CorrelationMiddleware } from '@fieldguide/kafka';
import { type MiddlewareConsumer, Module, type NestModule } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { HttpConnections } from './http-connections.js';
import { ErrorAnswers } from './error-answers.filter.js';

/**
 * What every HTTP API here does: correlation ids, answers that repeat nothing secret, an end without cut requests.
 * Import it after KafkaModule: of filters that fit an error Nest takes the last one, and messaging's fits every error.
 */
@Module({ providers: [HttpConnections, { provide: APP_FILTER, useClass: ErrorAnswers }] })
export class HttpApiModule implements NestModule {
  configure(consumer: MiddlewareConsumer): void {
    consumer.apply(CorrelationMiddleware).forRoutes('{*path}');
  }
}
