import type { IncomingMessage } from 'node:http';
import { badRequest } from '@fieldguide/service-kit';
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';

/** Visible characters of ASCII. A header that was sent twice comes as both, parted by a comma and a space. */
const KEY = /^[\x21-\x7e]{1,200}$/;

/** The header `Idempotency-Key`, which may be missing: then undefined. */
export const IdempotencyKey = createParamDecorator((_: unknown, context: ExecutionContext): string | undefined => {
  const key = context.switchToHttp().getRequest<IncomingMessage>().headers['idempotency-key'];
  if (key === undefined || (typeof key === 'string' && KEY.test(key))) return key;
  throw badRequest([
    { field: 'Idempotency-Key', reason: 'Idempotency-Key must be one of 1 to 200 visible characters' },
  ]);
});
