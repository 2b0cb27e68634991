import type { CallHandler, CanActivate, ExecutionContext, NestInterceptor, PipeTransform } from '@nestjs/common';
import type { Observable } from 'rxjs';

/** A pipe, a guard and an interceptor that cost what Nest makes of them, and nothing else. */
export class AllowAll implements CanActivate {
  canActivate(): boolean {
    return true;
  }
}

export class AsItIs implements PipeTransform {
  transform(value: unknown): unknown {
    return value;
  }
}

export class PassThrough implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle();
  }
}
