import { TryAgainException } from '@fieldguide/service-kit';
import {
  type CallHandler,
  type ExecutionContext,
  Injectable,
  type NestInterceptor,
  NotFoundException,
  UnprocessableEntityException,
} from '@nestjs/common';
import { catchError, type Observable, throwError } from 'rxjs';
import {
  KeyTakenError,
  NoQuoteError,
  UnfinishedOrderError,
  UnknownOrderError,
  UnknownSkuError,
} from '../order-errors.js';

/** What of the orders' rules a customer gets to see as which answer. */
@Injectable()
export class OrderErrorAnswers implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(catchError((error: unknown) => throwError(() => answerTo(error))));
  }
}

function answerTo(error: unknown): unknown {
  if (error instanceof UnknownOrderError) return new NotFoundException({ statusCode: 404, message: error.message });
  if (error instanceof UnknownSkuError || error instanceof KeyTakenError) {
    return new UnprocessableEntityException({ statusCode: 422, message: error.message });
  }
  if (error instanceof NoQuoteError) {
    const message = 'There is no price at the moment, and nothing was ordered. Order again in some seconds.';
    return new TryAgainException(message, 2, {}, { cause: error });
  }
  if (error instanceof UnfinishedOrderError) {
    const message = 'The order could not be finished. Send it again in some seconds, with this Idempotency-Key.';
    return new TryAgainException(message, 5, { idempotencyKey: error.idempotencyKey }, { cause: error });
  }
  return error;
}
