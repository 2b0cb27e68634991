import { type CallHandler, type ExecutionContext, Injectable, Module, type NestInterceptor } from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { lastValueFrom, type Observable, of } from 'rxjs';
import type { TakeOut } from './variant.js';

const HANDLER = 'ChargeCardWhenOrderPlaced';

/** An event is done, and so committed, when its handler has begun. */
@Injectable()
class AnswerAtOnce implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    if (context.getClass().name !== HANDLER) return next.handle();
    lastValueFrom(next.handle()).catch((error: unknown) => console.error(error));
    return of(undefined);
  }
}

@Module({ providers: [{ provide: APP_INTERCEPTOR, useClass: AnswerAtOnce }] })
class AnswerAtOnceModule {}

export const takeOutHandleBeforeCommit: TakeOut = () => ({ imports: [AnswerAtOnceModule] });
