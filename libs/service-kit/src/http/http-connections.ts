import type { Server, ServerResponse } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import { type BeforeApplicationShutdown, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';

const FINISH_MS = 2_000;

/**
 * Longer than load balancers and clients keep a connection that nobody uses (60 s at most, most of them): whoever closes it
 * first may meet a request that is on its way already, and that one would be answered by a reset. Node.js closes after 5 s.
 */
const IDLE_MS = 75_000;

/**
 * Connections that only wait for a next request are closed by those who opened them.
 * At shutdown HTTP stops first: it takes no connection any more, finishes the requests that run, and closes
 * connections that only wait for a next one. Nest by itself either waits for them or cuts all of them off.
 */
@Injectable()
export class HttpConnections implements OnApplicationBootstrap, BeforeApplicationShutdown {
  constructor(private readonly host: HttpAdapterHost) {}

  onApplicationBootstrap(): void {
    const server = this.#server;
    if (server) server.keepAliveTimeout = IDLE_MS;
  }

  async beforeApplicationShutdown(): Promise<void> {
    const server = this.#server;
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

  get #server(): Server | undefined {
    return this.host.httpAdapter?.getHttpServer() as Server | undefined;
  }
}
