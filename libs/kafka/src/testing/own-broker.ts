/** A broker that a spec may take away and bring back; the runner starts it. */
export interface OwnBroker {
  /** `host:port`, the same as long as it is there. */
  readonly kafka: string;
  /** SIGKILL. Resolves when it is gone. */
  kill(): Promise<void>;
  /** SIGTERM: in good order. Resolves when it is gone. */
  stop(): Promise<void>;
  /** Again, at the same address and with the same data. Resolves when its coordinators answer. */
  start(): Promise<void>;
  /** SIGSTOP: connections stay open, and nobody answers. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Kafka's own console producer writes a record for each line, in batches of that compression. */
  produce(given: { topic: string; compression: string; lines: readonly string[] }): Promise<void>;
  /** Stops it and deletes its data. */
  remove(): Promise<void>;
}

/** @param properties of the broker, beside those that all brokers of the tests have */
export async function startOwnBroker(properties: Readonly<Record<string, string>> = {}): Promise<OwnBroker> {
  const { id, kafka } = (await ask('/brokers', properties)) as { id: string; kafka: string };
  const act = (action: string) => async (): Promise<void> => void (await ask(`/brokers/${id}/${action}`));
  return {
    kafka,
    kill: act('kill'),
    stop: act('stop'),
    start: act('start'),
    pause: act('pause'),
    resume: act('resume'),
    produce: async (given) => void (await ask(`/brokers/${id}/produce`, given)),
    remove: act('remove'),
  };
}

/** Three brokers that a spec may take away one by one: each keeps all, an answer needs two. */
export interface OwnCluster {
  /** `host:port` of each, by their numbers from 1. */
  readonly kafka: readonly string[];
  kill(node: number): Promise<void>;
  stop(node: number): Promise<void>;
  /** Resolves when it has caught up with the others: then another may be taken away. */
  start(node: number): Promise<void>;
  pause(node: number): Promise<void>;
  resume(node: number): Promise<void>;
  remove(): Promise<void>;
}

export async function startOwnCluster(properties: Readonly<Record<string, string>> = {}): Promise<OwnCluster> {
  const { id, kafka } = (await ask('/clusters', properties)) as { id: string; kafka: string };
  const act =
    (action: string) =>
    async (node?: number): Promise<void> =>
      void (await ask(`/clusters/${id}/${action}`, { node }));
  return {
    kafka: kafka.split(','),
    kill: act('kill'),
    stop: act('stop'),
    start: act('start'),
    pause: act('pause'),
    resume: act('resume'),
    remove: act('remove'),
  };
}

async function ask(path: string, body: object = {}): Promise<unknown> {
  const control = process.env['BROKER_CONTROL_URL'];
  if (!control) throw new Error('BROKER_CONTROL_URL is not set: run broker specs with `npx nx broker-test kafka`.');
  const response = await fetch(`${control}${path}`, { method: 'POST', body: JSON.stringify(body) });
  const answer = (await response.json()) as { error?: string };
  if (!response.ok) throw new Error(`${path}: ${answer.error ?? response.status}`);
  return answer;
}
