import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { catchError, type Observable, throwError } from 'rxjs';
import { withoutValues } from './database-errors.js';

/** Of requests and handlers alike: what leaves the service's own code holds no values of a query. */
@Injectable()
export class ErrorsWithoutValues implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(catchError((error: unknown) => throwError(() => withoutValues(error))));
  }
}
