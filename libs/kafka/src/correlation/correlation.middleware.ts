import { Injectable, type NestMiddleware } from '@nestjs/common';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { runOnTrail, trailFrom } from './correlation.js';

/** Takes `x-correlation-id` and `traceparent` of an HTTP request, or makes them, and answers with the former. */
@Injectable()
export class CorrelationMiddleware implements NestMiddleware {
  /** Called by Nest for each HTTP request. */
  use(request: IncomingMessage, response: ServerResponse, next: () => void): void {
    const trail = trailFrom(header(request, 'x-correlation-id'), header(request, 'traceparent'));
    response.setHeader('x-correlation-id', trail.correlationId);
    runOnTrail(trail, next);
  }
}

function header(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}
