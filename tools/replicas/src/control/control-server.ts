import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ACTIONS, type Action, type ShopControl } from './shop-control.js';
import { ShopError } from '../shop-error.js';

/** Who answers at a control endpoint: tells this shop from a stranger who got its port later. */
export interface ControlIdentity {
  shop: 'fieldguide';
  pid: number;
}

/**
 * The control endpoint of a shop, on loopback: `GET /`, `GET /replicas`, `GET /everything`, `POST /replicas/<replica>/<action>`.
 * Until the shop has a control, it says only who it is.
 */
export class ControlServer {
  control: ShopControl | undefined;
  private readonly server: Server;

  constructor() {
    // Clients close what is idle: were it the server, a request on its way would be reset.
    this.server = createServer({ keepAliveTimeout: 0 }, (request, response) => void this.answer(request, response));
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(0, '127.0.0.1', resolve);
    });
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.server.close();
    this.server.closeAllConnections();
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [status, body] = await this.route(request)
      .then((answer) => [200, answer] as const)
      .catch(
        (error: unknown) =>
          [statusOf(error), { error: error instanceof Error ? error.message : String(error) }] as const,
      );
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  }

  private async route({ method, url = '/', headers }: IncomingMessage): Promise<unknown> {
    // A page in a browser on this machine can send requests to loopback: it must not kill replicas.
    if (headers.origin !== undefined) throw new ShopError('The control endpoint is not for web pages.');
    const [, first, replica, action] = url.split('/').map(decodeURIComponent);
    if (method === 'GET' && first === '') return { shop: 'fieldguide', pid: process.pid } satisfies ControlIdentity;
    if (!this.control) throw new ShopError('The shop is still starting.');
    if (method === 'GET' && first === 'replicas' && replica === undefined) return this.control.list();
    if (method === 'GET' && first === 'everything') return this.control.list({ outsideWorld: true });
    if (method === 'POST' && first === 'replicas' && replica && isAction(action)) return this.control[action](replica);
    throw new ShopError(
      `There is no ${method} ${url} here; there are GET /replicas, GET /everything and POST /replicas/<replica>/<action>, with ${ACTIONS.join(', ')}.`,
    );
  }
}

const isAction = (name: string | undefined): name is Action => ACTIONS.some((action) => action === name);

const statusOf = (error: unknown): number => (error instanceof ShopError ? 409 : 500);
