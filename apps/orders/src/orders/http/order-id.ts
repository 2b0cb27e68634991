import { badRequest } from '@fieldguide/service-kit';
import type { PipeTransform } from '@nestjs/common';
import { isUUID } from 'class-validator';

/** An order's id as it stands in a path. */
export class OrderId implements PipeTransform<string, string> {
  transform(id: string): string {
    if (!isUUID(id)) throw badRequest([{ field: 'id', reason: 'id must be the UUID of an order' }]);
    return id;
  }
}
