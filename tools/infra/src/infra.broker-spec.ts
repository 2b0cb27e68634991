import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Kafka, logLevel } from 'kafkajs';
import { acquireInfra, type Infra } from './acquire.js';
import { home, workspaceRoot } from './home.js';
import { stopKeeper } from './keeper/stop.js';
import { readJson } from './machine/json-file.js';
import { identify, isAlive, type ProcessId } from './machine/processes.js';
import { selectOne, withClient } from './parts/postgres/postgres-client.js';
import { VARIABLES } from './settings.js';
import { readCredentials, readSystem } from './system.js';

const TOPIC = 'infra-spec.kept';

/** A home of its own, whatever the run that this spec belongs to uses. */
describe('the infrastructure of a home', () => {
  const before = { ...process.env };
  const children: ChildProcess[] = [];
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'fieldguide-infra-spec-'));
    for (const name of VARIABLES) delete process.env[name];
    process.env['FIELDGUIDE_HOME'] = folder;
    process.env['INFRA'] = before['INFRA'] ?? 'local';
  });

  afterAll(async () => {
    for (const child of children) child.kill('SIGKILL');
    await stopKeeper(folder);
    rmSync(folder, { recursive: true, force: true });
    process.env = before;
  });

  const acquire = async (name: string): Promise<{ infra: Infra; lines: string[] }> => {
    const lines: string[] = [];
    return { infra: await acquireInfra({ name, say: (line) => lines.push(line) }), lines };
  };

  it('says who holds a port, and takes a free one', async () => {
    const server = net.createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as net.AddressInfo;
    mkdirSync(home(), { recursive: true });
    writeFileSync(path.join(home(), 'memory.json'), JSON.stringify({ ports: { kafka: port } }));

    const { infra, lines } = await acquire('busy port');
    await new Promise((resolve) => server.close(resolve));

    expect(lines.find((line) => line.startsWith(`kafka: port ${port} is held by `))).toContain(`(pid ${process.pid})`);
    expect(infra.kafka).not.toBe(`127.0.0.1:${port}`);
    await infra.release();
  });

  it('keeps topics, databases, mails and addresses over a restart', async () => {
    const { infra: first } = await acquire('first');
    await keepSomething(first);
    await first.release();
    await eventually(() => expect(existsSync(path.join(folder, 'keeper.json'))).toBe(false));

    const { infra: second } = await acquire('second');

    expect(second.kafka).toBe(first.kafka);
    expect(second.databaseServerUrl).toBe(first.databaseServerUrl);
    await expectKept(second);
    await second.release();
  });

  it('goes on with mail where clients go away while they are answered', async () => {
    const { infra } = await acquire('clients that go away');
    const smtpUrl = infra.env['SMTP_URL'] ?? '';

    for (let client = 0; client < 50; client++) await goAwayWhileAnswered(smtpUrl);

    await sendMail(smtpUrl);
    await infra.release();
  });

  it('writes down what runs where, and passwords apart from it', async () => {
    const { infra } = await acquire('written down');

    const url = await infra.databaseUrl('orders');

    expect(readSystem()).toMatchObject({ kafka: infra.kafka, mail: infra.mailUrl, replicas: [] });
    expect(readCredentials()?.databases['orders']).toBe(url);
    expect(readFileSync(path.join(folder, 'system.json'), 'utf8')).not.toContain(new URL(url).password);
    await infra.release();
  });

  it('stands outside of the tree of processes that asked for it', async () => {
    const holder = await serveInAnotherProcess();

    const parents = execFileSync('ps', ['-eo', 'ppid='], { encoding: 'utf8' }).split(/\s+/);
    holder.kill('SIGTERM');

    expect(parents).not.toContain(String(holder.pid));
  });

  it('starts again after everything was killed, and ends what it finds left', async () => {
    const holder = await serveInAnotherProcess();
    const keeper = readJson<ProcessId>(path.join(folder, 'keeper.json'));
    const [one, ...others] = readJson<(ProcessId & { name: string })[]>(path.join(folder, 'processes.json')) ?? [];
    if (!keeper) throw new Error('no keeper is written down');
    // One process, or the containers, are left running: the next start must find them.
    for (const { pid } of [keeper, ...others]) process.kill(pid, 'SIGKILL');
    holder.kill('SIGKILL');

    const { infra, lines } = await acquire('after the kill');

    expect(lines.join('\n')).toContain(one ? `${one.name} (pid ${one.pid})` : 'the containers that a killed run left');
    expect(one && isAlive(one)).not.toBe(true);
    await expectKept(infra);
    await infra.release();
  });

  it('ends what a killed holder had it adopt, and then stops', async () => {
    const script = `
      import { acquireInfra } from ${JSON.stringify(path.join(workspaceRoot, 'tools/infra/dist/index.js'))};
      import { spawn } from 'node:child_process';
      const infra = await acquireInfra({ name: 'to be killed' });
      const service = spawn('sleep', ['600'], { detached: true, stdio: 'ignore' });
      infra.adopt(service.pid);
      await infra.databaseUrl('orders');
      process.stdout.write('adopted ' + service.pid);
      setInterval(() => undefined, 1000);`;
    const holder = run(['--input-type=module', '--eval', script]);
    const service = identify(Number(/adopted (\d+)/.exec(await said(holder, 'adopted'))?.[1]));
    const keeper = readJson<ProcessId>(path.join(folder, 'keeper.json'));

    holder.kill('SIGKILL');

    expect(service).toBeDefined();
    await eventually(() => expect(service && isAlive(service)).toBe(false));
    await eventually(() => expect(keeper && isAlive(keeper)).toBe(false));
    expect(readJson(path.join(folder, 'processes.json'))).toEqual([]);
  });

  it('is refused in one sentence where KAFKA_BROKERS points nowhere', async () => {
    process.env['KAFKA_BROKERS'] = '127.0.0.1:1';

    const failure = await acquireInfra({ name: 'nowhere' }).catch((error: unknown) => String(error));
    delete process.env['KAFKA_BROKERS'];

    expect(failure).toMatch(/^InfraError: No Kafka answers at 127\.0\.0\.1:1 \(KAFKA_BROKERS\): .*\.$/);
    await eventually(() => expect(existsSync(path.join(folder, 'keeper.json'))).toBe(false));
  });

  it('is forgotten by reset, stopped or not, and nothing of it stays', async () => {
    const { infra } = await acquire('to be forgotten');
    expect(infra.kafka).not.toBe('');
    // The home of a test within it, at rest.
    mkdirSync(path.join(folder, 'inner', 'log'), { recursive: true });
    writeFileSync(path.join(folder, 'inner', 'log', 'orders-1.log'), 'old');
    const { postgresFolder } = readJson<{ postgresFolder?: string }>(path.join(folder, 'memory.json')) ?? {};
    const child = run([path.join(workspaceRoot, 'tools/infra/dist/cli.js'), 'reset']);

    const code = await new Promise((resolve) => child.once('exit', resolve));

    expect(code).toBe(0);
    expect(readdirSync(folder)).toEqual([]);
    expect(postgresFolder && existsSync(path.dirname(postgresFolder))).not.toBe(true);
  });

  /** `serve` holds the lease, as Nx would run it. */
  const serveInAnotherProcess = async (): Promise<ChildProcess> => {
    const child = run([path.join(workspaceRoot, 'tools/infra/dist/cli.js'), 'serve']);
    await said(child, 'Ctrl-C');
    return child;
  };

  const run = (args: string[]): ChildProcess => {
    const { NODE_OPTIONS: _flagsOfJest, ...env } = process.env;
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'], env });
    children.push(child);
    return child;
  };
});

async function keepSomething(infra: Infra): Promise<void> {
  const admin = new Kafka({ brokers: [infra.kafka], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic: TOPIC, numPartitions: 3 }] });
  await admin.disconnect();
  await withClient(await infra.databaseUrl('orders'), (client) => client.query('create table kept (id int)'));
  await sendMail(infra.env['SMTP_URL'] ?? '');
}

async function expectKept(infra: Infra): Promise<void> {
  const admin = new Kafka({ brokers: [infra.kafka], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  const topics = await admin.listTopics();
  await admin.disconnect();
  expect(topics).toContain(TOPIC);
  // Nothing of the start's own questions stays.
  expect(topics.filter((topic) => topic.startsWith('infra.ready'))).toEqual([]);
  const url = await infra.databaseUrl('orders');
  await selectOne(url);
  await withClient(url, (client) => client.query('select * from kept'));
  const mails = (await (await fetch(new URL('/email', infra.mailUrl))).json()) as { subject: string }[];
  expect(mails.map(({ subject }) => subject)).toContain('kept');
}

/** By hand: who sends mail here is the service, not this project. */
async function sendMail(smtpUrl: string): Promise<void> {
  const { hostname, port } = new URL(smtpUrl);
  const socket = net.connect(Number(port), hostname).setEncoding('utf8');
  const lines = ['EHLO spec', 'MAIL FROM:<a@example.org>', 'RCPT TO:<b@example.org>', 'DATA', 'Subject: kept\r\n\r\n.'];
  for (const line of [...lines, 'QUIT']) {
    await once(socket, 'data');
    socket.write(`${line}\r\n`);
  }
  await once(socket, 'close');
}

/** In the middle of a mail, as a service that is killed does. */
async function goAwayWhileAnswered(smtpUrl: string): Promise<void> {
  const { hostname, port } = new URL(smtpUrl);
  const socket = net.connect(Number(port), hostname).setEncoding('utf8');
  for (const lines of ['EHLO spec', 'MAIL FROM:<a@example.org>', 'RCPT TO:<b@example.org>\r\n'.repeat(2_000)]) {
    await once(socket, 'data');
    socket.write(`${lines}\r\n`);
  }
  await once(socket, 'data');
  socket.resetAndDestroy();
}

function said(child: ChildProcess, words: string): Promise<string> {
  let text = '';
  return new Promise((resolve, reject) => {
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      if (text.includes(words)) resolve(text);
    });
    child.once('exit', (code) => reject(new Error(`it ended with ${code} and said: ${text}`)));
  });
}

async function eventually(check: () => void, deadline = Date.now() + 60_000): Promise<void> {
  for (;;) {
    try {
      return check();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await pause(50);
    }
  }
}
