import { startOwnBroker, startOwnCluster } from '@fieldguide/infra';
import { createServer } from 'node:http';

/**
 * Specs of a lib import no tool, and some need a broker that they may take away. This is their way to one: HTTP on
 * loopback, `POST /brokers` with its properties, then `POST /brokers/<id>/<kill|stop|start|pause|resume|remove>`,
 * or `POST /brokers/<id>/produce` with topic, compression and lines for Kafka's console producer. Three brokers likewise:
 * `POST /clusters`, then `POST /clusters/<id>/<kill|stop|start|pause|resume>` with the `node`, or `/remove`.
 */
export async function openBrokerControl() {
  const brokers = new Map();
  // Clients close what is idle: were it the server, a request on its way would be reset.
  const server = createServer({ keepAliveTimeout: 0 }, (request, response) => {
    answer(request, brokers).then(
      (body) => response.end(JSON.stringify(body ?? {})),
      (error) => {
        response.statusCode = 500;
        response.end(JSON.stringify({ error: String(error?.message ?? error) }));
      },
    );
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      // What a spec that failed has left.
      await Promise.all([...brokers.values()].map((broker) => broker.remove()));
    },
  };
}

const ACTIONS = ['kill', 'stop', 'start', 'pause', 'resume', 'remove', 'produce'];

async function answer(request, brokers) {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += chunk;
  const [, id, action] = /^\/(?:brokers|clusters)(?:\/([\w-]+)\/(\w+))?$/.exec(request.url) ?? [];
  if (request.method !== 'POST' || (id && !ACTIONS.includes(action))) throw new Error(`Unknown: ${request.url}`);
  if (!id) {
    const properties = JSON.parse(text || '{}');
    const isOne = request.url === '/brokers';
    const broker = isOne ? await startOwnBroker({ properties }) : await startOwnCluster(properties);
    const name = broker.kafka.replace(/\W/g, '-');
    brokers.set(name, broker);
    return { id: name, kafka: broker.kafka };
  }
  const broker = brokers.get(id);
  if (!broker) throw new Error(`No broker ${id}.`);
  if (action === 'remove') brokers.delete(id);
  const given = JSON.parse(text || '{}');
  await broker[action](...(action === 'produce' ? [given] : given.node ? [given.node] : []));
}
