import { existsSync, readFileSync } from 'node:fs';
import { inHome } from '../../home.js';
import type { OwnedProcess } from '../../machine/owned-process.js';
import { freePort } from '../../machine/ports.js';
import type { Cluster } from '../part.js';
import { LocalKafka, type LocalKafkaOptions, newClusterId } from './kafka-local.js';
import { isInSync, kafkaIsReady } from './kafka-ready.js';

const READY_WITHIN_MS = 90_000;

/** Nodes of Apache Kafka that keep each other's data, each broker and controller in one. */
export class LocalCluster implements Cluster {
  private constructor(readonly nodes: readonly LocalKafka[]) {}

  /** One node for each port. The first that is stopped in good order leaves no archive: they would all write it. */
  static async prepare(ports: readonly number[], options: LocalKafkaOptions): Promise<LocalCluster> {
    const nodes: LocalKafka[] = [];
    const cluster = new LocalCluster(nodes);
    const controllers: string[] = [];
    for (const _ of ports) controllers.push(`127.0.0.1:${await freePort()}`);
    const clusterId = keptClusterId(ports.length) ?? newClusterId();
    for (const [index, port] of ports.entries()) {
      const id = index + 1;
      const inSync = (process: OwnedProcess): Promise<void> => cluster.inSync(id, process);
      const member = { id, controllers, clusterId, inSync };
      nodes.push(await LocalKafka.prepare(port, { ...options, writesArchive: false, member }));
    }
    return cluster;
  }

  get kafka(): string {
    return this.nodes.map(({ kafka }) => kafka).join(',');
  }

  /** Resolves when coordinators answer, which takes all nodes: their topics have a copy on each. */
  async start(): Promise<void> {
    const processes = await Promise.all(this.nodes.map((node) => node.launch()));
    await Promise.all(processes.map((process, index) => this.inSync(index + 1, process)));
    await kafkaIsReady(this.kafka.split(','), READY_WITHIN_MS);
  }

  async stop(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.stop()));
  }

  /** Where most nodes are away nothing can be in sync: then it is enough that the process runs. */
  private async inSync(id: number, process: OwnedProcess): Promise<void> {
    const running = this.nodes.filter(({ isRunning }) => isRunning);
    if (running.length <= this.nodes.length / 2) return;
    const { kafka } = this.nodes[id - 1] as LocalKafka;
    await isInSync(kafka, id, READY_WITHIN_MS, process);
  }
}

/** Of the data that is there; undefined where there is none. */
function keptClusterId(count: number): string | undefined {
  for (let id = 1; id <= count; id++) {
    const file = inHome('kafka', `${id}`, 'data', 'meta.properties');
    const found = existsSync(file) && /^cluster\.id=(.+)$/m.exec(readFileSync(file, 'utf8'))?.[1];
    if (found) return found;
  }
  return undefined;
}
