import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import { type Answer, Charging } from './charging.js';
import { readCharge } from './charge.js';
import { readFaults } from './faults.js';
import { Ledger } from './ledger.js';
import { Port } from './port.js';

export interface RunningPaymentProvider {
  /** Where a merchant charges; closed while the provider is down. */
  readonly url: string;
  /** The same and always open: ledger and faults are reached here also while the provider is down. */
  readonly controlUrl: string;
  stop(): void;
}

const ROUTES = 'POST /charges, GET /charges?orderId=…, GET /faults, PUT /faults, GET /health';
const LONGEST_BODY = 64 * 1024;

/** Port 0 takes a free one. `ledger` is the folder of the ledger, which is kept between runs; the faults are not. */
export async function startPaymentProvider(options: {
  port: number;
  controlPort: number;
  ledger: string;
}): Promise<RunningPaymentProvider> {
  const provider = new Provider(options);
  await provider.start();
  return provider;
}

class Provider implements RunningPaymentProvider {
  private readonly charging: Charging;
  private readonly ledger: Ledger;
  private readonly chargingPort: Port;
  private readonly controlPort: Port;
  private stopped = false;
  /** Charges that sit out the ordered latency. */
  private waiting = 0;
  private lastChange: Promise<unknown> = Promise.resolve();

  constructor(options: { port: number; controlPort: number; ledger: string }) {
    this.ledger = new Ledger(options.ledger);
    this.charging = new Charging(this.ledger);
    const listener: RequestListener = (request, response) => void this.answer(request, response);
    this.chargingPort = new Port(options.port, listener);
    this.controlPort = new Port(options.controlPort, listener);
  }

  get url(): string {
    return this.chargingPort.url;
  }

  get controlUrl(): string {
    return this.controlPort.url;
  }

  async start(): Promise<void> {
    await this.controlPort.open();
    await this.chargingPort.open();
  }

  stop(): void {
    this.stopped = true;
    this.chargingPort.close();
    this.controlPort.close();
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const answer = await this.route(request, response).catch((error: unknown) => failed(error));
    if (answer === 'drop' || request.socket.destroyed) return void request.socket.destroy();
    const body = JSON.stringify(answer.body);
    response.writeHead(answer.status, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
    });
    response.end(body);
  }

  private async route(request: IncomingMessage, response: ServerResponse): Promise<Answer> {
    const url = new URL(request.url ?? '/', this.url);
    switch (`${request.method} ${url.pathname}`) {
      case 'POST /charges':
        return this.charge(request);
      case 'GET /charges':
        return this.showLedger(url.searchParams);
      case 'PUT /faults':
        return this.changeFaults(request, response);
      case 'GET /faults':
        return { status: 200, body: this.charging.faults };
      case 'GET /health':
        return { status: 200, body: { status: this.charging.faults.down ? 'down' : 'ok', waiting: this.waiting } };
      default:
        throw new BadRequest(404, `There is no ${request.method} ${url.pathname} here; there are ${ROUTES}.`);
    }
  }

  private async charge(request: IncomingMessage): Promise<Answer> {
    const key = request.headers['idempotency-key'];
    if (typeof key !== 'string' || key.trim() === '' || key.length > 255)
      throw new BadRequest(400, 'A charge needs the header Idempotency-Key, of 1 to 255 characters.');
    const charge = readCharge(await readJson(request));
    if (Array.isArray(charge)) throw new BadRequest(400, 'The charge is not valid.', charge);
    this.waiting++;
    await setTimeout(this.charging.faults.latencyMs, undefined, { ref: false });
    this.waiting--;
    return this.stopped ? 'drop' : this.charging.charge(key, charge);
  }

  private showLedger(query: URLSearchParams): Answer {
    const unknown = [...query.keys()].filter((name) => name !== 'orderId');
    if (unknown.length > 0)
      throw new BadRequest(400, `GET /charges takes orderId and nothing else, not ${unknown.join(', ')}.`);
    return { status: 200, body: this.ledger.list(query.get('orderId') ?? undefined) };
  }

  private async changeFaults(request: IncomingMessage, response: ServerResponse): Promise<Answer> {
    const patch = readFaults(await readJson(request));
    if (Array.isArray(patch)) throw new BadRequest(400, 'The faults are not valid; nothing was changed.', patch);
    // One after another: of `down` and `up` at once, the later one must win on the port as well.
    const change = this.lastChange.then(async () => {
      this.charging.changeFaults(patch);
      if (this.charging.faults.down) {
        response.setHeader('connection', 'close');
        this.chargingPort.close(request.socket);
      } else await this.chargingPort.open();
      return { status: 200, body: this.charging.faults };
    });
    this.lastChange = change.catch(() => undefined);
    return change;
  }
}

class BadRequest extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly problems?: string[],
  ) {
    super(message);
  }
}

function failed(error: unknown): Answer {
  if (error instanceof BadRequest)
    return {
      status: error.status,
      body: { error: error.message, ...(error.problems && { problems: error.problems }) },
    };
  return { status: 500, body: { error: error instanceof Error ? error.message : String(error) } };
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > LONGEST_BODY) throw new BadRequest(413, `A body has at most ${LONGEST_BODY} bytes.`);
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString());
  } catch {
    throw new BadRequest(400, 'The body is not JSON.');
  }
}
