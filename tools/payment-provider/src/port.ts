import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** A loopback port that can be closed, so that connections are refused, and opened again under the same number. */
export class Port {
  private server?: Server;
  private readonly sockets = new Set<Socket>();

  constructor(
    private number: number,
    private readonly listener: RequestListener,
  ) {}

  get url(): string {
    return `http://127.0.0.1:${this.number}`;
  }

  async open(): Promise<void> {
    if (this.server) return;
    // Clients close what is idle: were it the server, a request on its way would be reset.
    const server = createServer({ requestTimeout: 10_000, keepAliveTimeout: 0 }, this.listener);
    server.on('connection', (socket) => {
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket));
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', (cause: NodeJS.ErrnoException) =>
        reject(
          cause.code === 'EADDRINUSE' ? new Error(`Port ${this.number} is taken; name a free one.`, { cause }) : cause,
        ),
      );
      server.listen(this.number, '127.0.0.1', resolve);
    });
    this.number = (server.address() as AddressInfo).port;
    this.server = server;
  }

  /** Stops listening and drops what is connected, except `spared`: the one that asked for it gets its answer. */
  close(spared?: Socket): void {
    this.server?.close();
    this.server = undefined;
    for (const socket of this.sockets) if (socket !== spared) socket.destroy();
  }
}
