import { existsSync, rmSync } from 'node:fs';
import net from 'node:net';
import { explain, firstLine, InfraError } from '../infra-error.js';
import { home, inHome } from '../home.js';
import { writeJson } from '../machine/json-file.js';
import { running } from '../machine/owned-process.js';
import { provideDatabase } from '../parts/postgres/postgres-client.js';
import { readCredentials, type System, updateCredentials } from '../system.js';
import { Infrastructure } from '../infrastructure/infrastructure.js';
import type { Extent } from '../infrastructure/prepare.js';
import { Lease } from './lease.js';
import { difference } from './difference.js';
import { endLeftovers } from './leftovers.js';
import { listen, type Question, type Request, send } from './protocol.js';
import { type Registration, unregister } from './registration.js';

const GRACE_MS = 1_000;
const FIRST_LEASE_WITHIN_MS = 15_000;
/** Each step has a deadline of its own; this one is for what nobody thought of. */
const STOPPED_WITHIN_MS = 20_000;

/**
 * Owns Kafka, PostgreSQL and mail of one home, outside of everybody's process tree. An open connection is a lease: as
 * long as there is one, infrastructure runs; a holder that is killed closes its connection, and so gives its lease back.
 */
export class Keeper {
  private readonly leases = new Set<Lease>();
  private readonly said: string[] = [];
  private readonly infrastructure: Infrastructure;
  private readonly server = net.createServer((socket) => this.welcome(socket));
  private started: Promise<void> | undefined;
  private goodbye: NodeJS.Timeout | undefined;
  private stopped: Promise<void> | undefined;

  constructor(
    private readonly registration: Registration,
    private readonly extent: Extent,
  ) {
    this.infrastructure = new Infrastructure(extent, (line) => this.say(line));
  }

  /** Resolves when it listens; what it runs may then still be starting. */
  async open(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(this.registration.socket, resolve);
    });
    this.started = this.start();
    this.started.catch((error: unknown) => this.giveUp(error));
    this.goodbye = setTimeout(() => void this.stop(), FIRST_LEASE_WITHIN_MS);
  }

  /** Adopted processes first, then what they used; then this process ends. */
  stop(): Promise<void> {
    return (this.stopped ??= this.end());
  }

  private async start(): Promise<void> {
    await endLeftovers((line) => this.say(line));
    await this.infrastructure.start();
    if (this.extent.ownBroker) return;
    const { kafka, mailUrl, choices, databaseServer } = this.infrastructure.facts;
    const system: System = { kafka, mail: mailUrl, choices, keeper: process.pid, replicas: [] };
    writeJson(inHome('system.json'), system);
    updateCredentials({ databaseServer, databases: {} });
  }

  private giveUp(error: unknown): void {
    if (this.stopped) return;
    if (!(error instanceof InfraError)) this.log(explain(error));
    const message =
      error instanceof InfraError ? error.message : `${firstLine(error)} (see ${inHome('log/keeper.log')})`;
    this.log(message);
    for (const lease of this.leases) send(lease.socket, { type: 'refused', message });
    void this.stop();
  }

  private async end(): Promise<void> {
    clearTimeout(this.goodbye);
    this.log('stopping');
    setTimeout(() => this.killAll(), STOPPED_WITHIN_MS);
    try {
      for (const lease of this.leases) send(lease.socket, { type: 'stopping' });
      await Promise.all([...this.leases].map((lease) => lease.end()));
      await this.infrastructure.stop();
      this.tidy();
      this.log('stopped');
    } catch (error) {
      this.log(explain(error));
      this.killAll();
    }
    process.exit(0);
  }

  private tidy(): void {
    // Somebody may have deleted the home while it ran.
    if (!existsSync(home())) return rmSync(this.registration.socket, { force: true });
    rmSync(inHome('system.json'), { force: true });
    unregister(home(), this.registration);
    if (this.extent.ownBroker) rmSync(home(), { recursive: true, force: true });
  }

  /** The last resort: nothing of ours outlives this process. */
  private killAll(): never {
    for (const owned of running) owned.signal('SIGKILL');
    this.log('stopped by force');
    process.exit(1);
  }

  private welcome(socket: net.Socket): void {
    let lease: Lease | undefined;
    socket.on('error', () => undefined);
    socket.once('close', () => lease && void this.giveBack(lease));
    listen<Request>(socket, (request) => {
      if (request.type === 'stop') return void this.stop();
      if (request.type === 'acquire') return void this.grant((lease = new Lease(socket, request)));
      if (lease) this.serve(lease, request);
    });
    send(socket, { type: this.stopped ? 'stopping' : 'welcome' });
  }

  private async grant(lease: Lease): Promise<void> {
    if (this.stopped) return send(lease.socket, { type: 'stopping' });
    clearTimeout(this.goodbye);
    this.leases.add(lease);
    this.log(`lease of ${lease.name}`);
    for (const line of this.said) send(lease.socket, { type: 'say', line });
    try {
      await this.started;
    } catch {
      return; // Said to all who hold a lease.
    }
    const { facts } = this.infrastructure;
    // A broker of a test's own is nobody's choice.
    const differs = this.extent.ownBroker ? undefined : difference(lease.settings, facts);
    if (!differs) return send(lease.socket, { type: 'ready', facts });
    const others = [...this.leases].filter((other) => other !== lease).map(({ name }) => name);
    const holders = others.length > 0 ? `, held by ${others.join(', ')}` : '';
    const way = 'stop that first, or set FIELDGUIDE_HOME to another folder';
    const message = `Infrastructure already runs in ${home()} (${differs}${holders}): ${way}.`;
    send(lease.socket, { type: 'refused', message });
  }

  private serve(lease: Lease, request: Request): void {
    if (request.type === 'adopt') lease.adopt(request.pid);
    if (request.type === 'disown') lease.disown(request.pid);
    if (request.type === 'release') void this.giveBack(lease);
    if (request.type === 'ask') void this.answer(lease, request.id, request.question);
  }

  private async answer(lease: Lease, id: number, question: Question): Promise<void> {
    try {
      send(lease.socket, { type: 'answer', id, value: await this.find(question) });
    } catch (error) {
      if (!(error instanceof InfraError)) this.log(explain(error));
      send(lease.socket, { type: 'answer', id, error: error instanceof InfraError ? error.message : firstLine(error) });
    }
  }

  private async find(question: Question): Promise<string> {
    if (question.what === 'database') return this.database(question.service);
    if (question.what === 'part') {
      await this.infrastructure.act(question.part, question.action, question.node);
      return '';
    }
    const broker = this.infrastructure.broker(question.what === 'broker' ? question.node : undefined);
    if (question.what === 'console-producer') await broker.produce(question.given);
    else await broker[question.action]();
    return '';
  }

  private async database(service: string): Promise<string> {
    const url = await provideDatabase(this.infrastructure.facts.databaseServer, service);
    updateCredentials({ databases: { ...readCredentials()?.databases, [service]: url } });
    return url;
  }

  private async giveBack(lease: Lease): Promise<void> {
    if (!this.leases.has(lease)) return;
    this.leases.delete(lease);
    this.log(`lease of ${lease.name} is over`);
    // While its processes end, the lease still counts.
    await lease.end();
    send(lease.socket, { type: 'released' });
    lease.socket.end();
    if (this.leases.size > 0 || this.stopped) return;
    clearTimeout(this.goodbye);
    this.goodbye = setTimeout(() => void this.stop(), this.extent.ownBroker ? 0 : GRACE_MS);
  }

  private say(line: string): void {
    this.log(line);
    this.said.push(line);
    for (const lease of this.leases) send(lease.socket, { type: 'say', line });
  }

  private log(line: string): void {
    process.stdout.write(`${new Date().toISOString()} ${line}\n`);
  }
}
