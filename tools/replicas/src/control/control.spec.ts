import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { updateSystem } from '@fieldguide/infra';
import { FakeShop } from '../fakes/fake-shop.js';
import { claimHome } from './claim.js';
import { connectShop } from './connect-shop.js';
import { ControlServer } from './control-server.js';

describe('a shop that is controlled from another process', () => {
  const usualHome = process.env['FIELDGUIDE_HOME'];
  let home: string;
  let claimFile: string;
  let server: ControlServer;
  let shop: FakeShop;
  let url: string;
  beforeEach(async () => {
    home = mkdtempSync(path.join(tmpdir(), 'control-'));
    claimFile = path.join(home, 'supervisor.json');
    process.env['FIELDGUIDE_HOME'] = home;
    shop = await FakeShop.open();
    server = new ControlServer();
    url = await server.listen();
  });
  afterEach(async () => {
    server.close();
    await shop.close();
    rmSync(home, { recursive: true });
    if (usualHome === undefined) delete process.env['FIELDGUIDE_HOME'];
    else process.env['FIELDGUIDE_HOME'] = usualHome;
  });

  it('starts, lists and kills replicas', async () => {
    server.control = shop.supervisor;
    await claimHome(url);
    const control = connectShop();

    const { pid } = await control.start('billing-1');

    expect(await control.list()).toMatchObject([{ replica: 'billing-1', state: 'ready', pid }]);
    expect(await control.kill('billing-1')).toMatchObject({ state: 'killed', ended: 'signal SIGKILL' });
  });

  it('passes on why something cannot be done', async () => {
    server.control = shop.supervisor;
    await claimHome(url);

    await expect(connectShop().kill('bakery-1')).rejects.toThrow('There is no replica "bakery-1"');
  });

  it('says that it is still starting', async () => {
    await claimHome(url);

    await expect(connectShop().list()).rejects.toThrow('The shop is still starting.');
  });

  it('knows the addresses that system.json names', async () => {
    await claimHome(url);
    const replica = { service: 'billing', replica: 'billing-1', pid: 1, url: 'http://127.0.0.1:1', state: 'ready' };
    updateSystem({ replicas: [replica] });

    expect(connectShop().url('billing-1')).toBe('http://127.0.0.1:1');
    expect(() => connectShop().url('billing-9')).toThrow('There is no billing-9; there are billing-1.');
  });

  it('takes no orders from web pages', async () => {
    server.control = shop.supervisor;
    await shop.supervisor.start('billing-1');

    const answer = await fetch(`${url}/replicas/billing-1/kill`, { method: 'POST', headers: { origin: 'http://x.y' } });

    expect(answer.ok).toBe(false);
    expect((await shop.status('billing-1'))?.state).toBe('ready');
  });

  it('is not found where none was started', () => {
    expect(() => connectShop()).toThrow(`No shop runs in ${home}: start one with "npm start".`);
  });

  it('is not found where a killed one left its claim', async () => {
    writeFileSync(claimFile, JSON.stringify({ pid: await pidOfTheDead(), url }));

    expect(() => connectShop()).toThrow(`No shop runs in ${home}`);
  });

  it('keeps its home to itself while it lives', async () => {
    const giveBack = await claimHome(url);

    await expect(claimHome('http://127.0.0.1:1')).rejects.toThrow(
      `A shop runs in ${home} already (pid ${process.pid}): stop it first`,
    );

    giveBack();
    expect(existsSync(claimFile)).toBe(false);
  });

  it('takes over the home of one that was killed, even if its process number lives again', async () => {
    for (const pid of [await pidOfTheDead(), process.ppid]) {
      writeFileSync(claimFile, JSON.stringify({ pid, url }));

      const giveBack = await claimHome(url);

      giveBack();
    }
  });
});

async function pidOfTheDead(): Promise<number> {
  const child = spawn(process.execPath, ['--version'], { stdio: 'ignore' });
  await once(child, 'exit');
  return child.pid ?? 0;
}
