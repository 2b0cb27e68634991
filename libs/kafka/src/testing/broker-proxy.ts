import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

const PRODUCE = 0;
const METADATA = 3;
/** Metadata and FindCoordinator: their answers say where brokers are. */
const NAMES_BROKERS = [METADATA, 10];

/** Stands between a client and a broker, on loopback. */
export interface BrokerProxy {
  /** `host:port` for the client; it never learns of the broker's own. */
  readonly kafka: string;
  /** The broker does what the next so many Produce requests ask for; each answer is lost, and its connection with it. */
  loseProduceAnswers(count: number): void;
  /** How many of these are still to come. */
  readonly answersToLose: number;
  /** The nth answer to a Metadata request from now on is lost, and its connection with it. */
  loseMetadataAnswer(nth: number): void;
  /** No connection any more, and no new one: for the broker as if the client had been killed. */
  cut(): void;
  heal(): void;
  close(): Promise<void>;
}

/** @param broker `host:port`, as the broker advertises it; the host is the loopback address */
export async function startBrokerProxy(broker: string): Promise<BrokerProxy> {
  const [host = '', port = ''] = broker.split(':');
  const sockets = new Set<Socket>();
  let toLose = 0;
  let metadataToLose = 0;
  let isCut = false;
  const server = createServer((client) => {
    if (isCut) return void client.destroy();
    const upstream = connect(Number(port), host);
    const end = () => [client, upstream].forEach((socket) => socket.destroy());
    for (const socket of [client, upstream]) {
      sockets.add(socket.on('error', end).on('close', end).setNoDelay());
      socket.on('close', () => sockets.delete(socket));
    }
    /** Correlation id → what the request is. */
    const requests = new Map<number, number>();
    client.on(
      'data',
      inFrames((frame) => {
        requests.set(frame.readInt32BE(8), frame.readInt16BE(4));
        upstream.write(frame);
      }),
    );
    upstream.on(
      'data',
      inFrames((frame) => {
        const request = requests.get(frame.readInt32BE(4)) ?? -1;
        if (request === PRODUCE && toLose > 0) {
          toLose--;
          return end();
        }
        if (request === METADATA && metadataToLose > 0 && --metadataToLose === 0) return end();
        client.write(NAMES_BROKERS.includes(request) ? readdressed(frame) : frame);
      }),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const own = (server.address() as AddressInfo).port;
  /** The length of the address stays the same: its port has four bytes. */
  const readdressed = (frame: Buffer): Buffer => {
    const address = Buffer.concat([Buffer.from(host), portBytes(Number(port))]);
    for (let at = frame.indexOf(address); at >= 0; at = frame.indexOf(address, at + 1)) {
      frame.writeInt32BE(own, at + host.length);
    }
    return frame;
  };
  const cut = (): void => {
    isCut = true;
    for (const socket of sockets) socket.destroy();
  };
  return {
    kafka: `${host}:${own}`,
    loseProduceAnswers: (count) => (toLose = count),
    get answersToLose() {
      return toLose;
    },
    loseMetadataAnswer: (nth) => (metadataToLose = nth),
    cut,
    heal: () => (isCut = false),
    close: async () => {
      cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Kafka's framing: four bytes of length, then the frame; chunks come as the network cuts them. */
function inFrames(take: (frame: Buffer) => void): (chunk: Buffer) => void {
  let rest = Buffer.alloc(0);
  return (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    for (;;) {
      const end = rest.length < 4 ? Infinity : 4 + rest.readInt32BE();
      if (rest.length < end) return;
      take(rest.subarray(0, end));
      rest = rest.subarray(end);
    }
  };
}

function portBytes(port: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(port);
  return bytes;
}
