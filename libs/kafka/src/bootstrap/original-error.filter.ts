import { type ArgumentsHost, Catch } from '@nestjs/common';
import { BaseExceptionFilter } from '@nestjs/core';
import { BaseRpcExceptionFilter } from '@nestjs/microservices';
import { type Observable, throwError } from 'rxjs';
import { MessageContext } from '../handling/message-context.js';

/**
 * Hands the transport what a handler, pipe, guard or interceptor threw, with its class and cause; Nest's own filter would
 * put `{ status, message: 'Internal server error' }` in its place. Filters on methods and classes still come first.
 */
@Catch()
export class OriginalErrorFilter extends BaseExceptionFilter {
  readonly #otherTransports = new BaseRpcExceptionFilter();

  override catch(error: unknown, host: ArgumentsHost): Observable<never> | void {
    if (host.getType() === 'http') return super.catch(error, host);
    const context: unknown = host.switchToRpc().getContext();
    if (context instanceof MessageContext) return throwError(() => error);
    return this.#otherTransports.catch(error, host) as Observable<never>;
  }
}
