import type { Server, ServerResponse } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import { type BeforeApplicationShutdown, Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';

const FINISH_MS = 2_000;

/**
 * At shutdown HTTP stops first: it takes no connection any more, finishes the requests that run, and closes
 * connections that only wait for a next one. Nest by itself either waits for them or cuts all of them off.
 */
@Injectable()
export class ClosingConnections implements BeforeApplicationShutdown {
  constructor(private readonly host: HttpAdapterHost) {}

  async beforeApplicationShutdown(): Promise<void> {
    const server = this.host.httpAdapter?.getHttpServer() as Server | undefined;
    if (!server?.listening) return;
    server.prependListener('request', (_request, response: ServerResponse) =>
      response.setHeader('Connection', 'close'),
    );
    const closed = new Promise((resolve) => server.close(resolve));
    // A connection whose last request ends now goes idle again, and would be kept until its time-out.
    const sweep = setInterval(() => server.closeIdleConnections(), 20);
    await Promise.race([closed, setTimeout(FINISH_MS, undefined, { ref: false })]);
    clearInterval(sweep);
    server.closeAllConnections();
  }
}
