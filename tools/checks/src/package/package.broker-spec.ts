import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import kafkajs from 'kafkajs';
import { FreshApp } from './fresh-app.js';
import { pack } from './pack.js';

const INSTALL_MS = 120_000;
const NEST = ['@nestjs/common', '@nestjs/core', '@nestjs/microservices', '@nestjs/platform-express'];
const CONTRACTS = ['class-transformer', 'class-validator', 'reflect-metadata'];

const brokers = process.env['KAFKA_BROKERS'] ?? '';
const folder = mkdtempSync(join(tmpdir(), 'fieldguide-tarball-'));
const [, smallestUse = ''] = /```ts\n([^]*?)```/.exec(readFileSync('libs/kafka/README.md', 'utf8')) ?? [];
let tarball: string;

beforeAll(async () => {
  tarball = await pack(folder);
}, INSTALL_MS);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the package', () => {
  it('has what runs, its types, its licence and its page; no specs, no test kit, no leftovers of the compiler', async () => {
    const { stdout } = await promisify(execFile)('tar', ['-tzf', tarball]);
    const files = stdout.trim().split('\n');

    for (const file of ['package.json', 'README.md', 'LICENSE', 'dist/index.js', 'dist/contract/index.d.ts'])
      expect(files).toContain(`package/${file}`);
    expect(files.filter((file) => /spec|testing|tsbuildinfo|\/src\//.test(file))).toEqual([]);
  });

  it('names nothing that only this workspace has', async () => {
    const { stdout } = await promisify(execFile)('tar', ['-xzOf', tarball, 'package/package.json']);
    const manifest = JSON.parse(stdout) as Record<string, unknown>;

    expect(manifest).toMatchObject({ name: '@fieldguide/kafka', license: 'MIT', type: 'module' });
    expect(Object.keys(manifest)).not.toEqual(expect.arrayContaining(['private']));
    expect(stdout).not.toContain('@fieldguide/source');
    expect(stdout).not.toContain('src/');
  });
});

describe('a new NestJS app with the package from its tarball', () => {
  const app = new FreshApp();

  beforeAll(async () => {
    await removeGreeter();
    await app.install(tarball, [...NEST, ...CONTRACTS, 'kafkajs', 'rxjs', '@types/node']);
  }, INSTALL_MS);

  afterAll(async () => {
    await app.remove();
    await removeGreeter();
  });

  it('compiles, handles and publishes with the code of the package’s README, and stops in good order', async () => {
    app.write('main.ts', smallestUse);
    await app.compile();

    const running = app.start('main.js', { KAFKA_BROKERS: brokers, NODE_ENV: 'development' });
    await eventually(
      () => running.said.includes('Hello, Ada.'),
      () => running.said,
    );
    running.child.kill('SIGTERM');

    expect([await running.ended, running.said]).toEqual([0, expect.stringContaining('Hello, Ada.')]);
  });

  it('brings the program for dead letters along', async () => {
    const program = join(app.folder, 'node_modules/.bin/fieldguide-dead-letters');
    const { stdout } = await promisify(execFile)(program, ['--help']);

    expect(stdout).toMatch(/^What a service gave up on\.\n\n {2}list /);
  });

  it('needs at most 20 lines of its own beside the imports', () => {
    const lines = smallestUse.split('\n').filter((line) => line !== '' && !line.startsWith('import '));

    expect(lines.length).toBeGreaterThan(10);
    expect(lines.length).toBeLessThanOrEqual(20);
  });
});

describe('an app without NestJS and kafkajs', () => {
  const app = new FreshApp();

  beforeAll(() => app.install(tarball, [...CONTRACTS, '@types/node'], '--omit=peer'), INSTALL_MS);

  afterAll(() => app.remove());

  it('declares and checks contracts with the subpath `contract`', async () => {
    app.write('main.ts', CONTRACTS_ALONE);
    await app.compile();

    const running = app.start('main.js');

    expect([await running.ended, running.said]).toEqual([0, 'orders.order-placed.v1: orderId must be a UUID\n']);
    const installed = readdirSync(join(app.folder, 'node_modules'));
    expect(installed.filter((name) => /^(@nestjs|kafkajs|rxjs)$/.test(name))).toEqual([]);
  });
});

const CONTRACTS_ALONE = `
import { contractOf, Event, fulfil } from '@fieldguide/kafka/contract';
import { IsUUID } from 'class-validator';

@Event('orders.order-placed.v1', { key: 'orderId', example: { orderId: '6f1c5f9e-6b6e-4c39-8d5b-0b5f2c1f6a11' } })
class OrderPlaced {
  @IsUUID() orderId!: string;
}
try {
  fulfil(OrderPlaced, { orderId: 'no' });
} catch (error) {
  console.log(contractOf(OrderPlaced).topic + ': ' + (error as { violations: { reason: string }[] }).violations[0]?.reason);
}
`;

/** The README's service has a fixed name: an earlier run's topics and group are no part of this one. */
async function removeGreeter(): Promise<void> {
  const kafka = new kafkajs.Kafka({ brokers: brokers.split(','), logLevel: kafkajs.logLevel.NOTHING });
  const admin = kafka.admin();
  await admin.connect();
  const topics = (await admin.listTopics()).filter((topic) => topic.startsWith('greeter.'));
  if (topics.length > 0) await admin.deleteTopics({ topics });
  await admin.deleteGroups(['greeter']).catch(() => undefined);
  await admin.disconnect();
}

async function eventually(ask: () => boolean, found: () => string, deadlineMs = 120_000): Promise<void> {
  const deadline = Date.now() + deadlineMs;
  while (!ask()) {
    if (Date.now() > deadline) throw new Error(`Not within ${deadlineMs} ms. It said: ${found()}`);
    await sleep(50);
  }
}
