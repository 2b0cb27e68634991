import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { answers, FakeShop, type FakeShopOptions } from '../fakes/fake-shop.js';

describe('the replicas of a shop', () => {
  let shop: FakeShop | undefined;
  const open = async (options?: FakeShopOptions) => (shop = await FakeShop.open(options));
  afterEach(() => shop?.close());

  it('start, each with its own number, port and process, adopted by the lease', async () => {
    const { supervisor, adopted } = await open();

    const first = await supervisor.start('billing-1');
    const second = await supervisor.start('billing-2');

    expect([first, second].map(({ replica, state }) => [replica, state])).toEqual([
      ['billing-1', 'ready'],
      ['billing-2', 'ready'],
    ]);
    expect(await (await fetch(second.url)).json()).toEqual({ replica: '2' });
    expect(new URL(second.url).port).not.toBe(new URL(first.url).port);
    expect([...adopted]).toEqual([first.pid, second.pid]);
  });

  it('stop at SIGTERM, and say their exit code', async () => {
    const { supervisor, adopted } = await open();
    const { url } = await supervisor.start('billing-1');

    const status = await supervisor.stop('billing-1');

    expect(status).toMatchObject({ state: 'stopped', ended: 'exit code 0' });
    expect(await answers(url)).toBe(false);
    expect(adopted.size).toBe(0);
  });

  it('are killed when they do not stop in time', async () => {
    const { supervisor } = await open({ fake: 'stubborn' });
    await supervisor.start('billing-1');

    expect(await supervisor.stop('billing-1')).toMatchObject({ state: 'stopped', ended: 'signal SIGKILL' });
  });

  it('take their own children with them', async () => {
    const { supervisor } = await open({ fake: 'parent' });
    const { url } = await supervisor.start('billing-1');
    const { child } = (await (await fetch(url)).json()) as { child: string };
    expect(await answers(child)).toBe(true);

    await supervisor.stop('billing-1');

    expect(await answers(child)).toBe(false);
  });

  it('are killed without being asked', async () => {
    const { supervisor, adopted } = await open();
    const { url } = await supervisor.start('billing-1');

    const status = await supervisor.kill('billing-1');

    expect(status).toMatchObject({ state: 'killed', ended: 'signal SIGKILL' });
    expect(await answers(url)).toBe(false);
    expect(adopted.size).toBe(0);
  });

  it('answer nothing while they are paused, and go on as the same process', async () => {
    const { supervisor } = await open();
    const { url, pid } = await supervisor.start('billing-1');

    expect((await supervisor.pause('billing-1')).state).toBe('paused');
    expect(await answers(url, 200)).toBe(false);

    expect(await supervisor.resume('billing-1')).toMatchObject({ state: 'ready', pid });
    expect(await answers(url)).toBe(true);
  });

  it('stop in order though they are paused', async () => {
    const { supervisor } = await open();
    await supervisor.start('billing-1');
    await supervisor.pause('billing-1');

    expect((await supervisor.stop('billing-1')).ended).toBe('exit code 0');
  });

  it('are shown as crashed when they end by themselves, with how and their last line, and start only when told', async () => {
    const fake = await open();
    const { url, pid } = await fake.supervisor.start('billing-1');

    await answers(`${url}/crash`);

    const crashed = await fake.becomes('billing-1', 'crashed');
    expect(crashed).toMatchObject({ ended: 'exit code 3', lastLine: 'something gave way' });
    expect(fake.said).toContain('billing-1 ended by itself (exit code 3). Its last line: something gave way');
    const again = await fake.supervisor.start('billing-1');
    expect(again).toMatchObject({ state: 'ready', url });
    expect(again.pid).not.toBe(pid);
    expect(fake.changes.map(({ state }) => state)).toEqual(['starting', 'ready', 'crashed', 'starting', 'ready']);
  });

  it('that never get ready are named when time is up, with their last lines', async () => {
    const fake = await open({ fake: 'never-ready', readyWithinMs: 600 });

    await expect(fake.supervisor.start('billing-1')).rejects.toThrow(
      /^billing-1 did not answer 200 at http:\S+\/health\/ready within 0\.6 s\. Its last lines.*\n  replica 1 begins$/,
    );
    expect((await fake.status('billing-1'))?.state).toBe('starting');
  });

  it('that end before they are ready are named at once, with their last lines', async () => {
    const { supervisor } = await open({ fake: 'broken' });

    await expect(supervisor.start('billing-1')).rejects.toThrow(
      /^billing-1 ended \(exit code 1\) before it was ready\.[^]*\n  FAKE_SETTING is missing$/,
    );
  });

  it('start on another port when theirs is taken before they listen, whatever answers there', async () => {
    const fake = await open();
    const thief = createServer((_request, response) => void response.end());
    let stolen = 0;
    fake.onPort = (port) => {
      fake.onPort = () => undefined;
      thief.listen(port, '127.0.0.1');
    };

    const { state, url } = await fake.supervisor.start('billing-1').finally(() => {
      // Whatever comes of it: a server that is left open keeps the runner alive.
      stolen = (thief.address() as AddressInfo).port;
      thief.close();
      thief.closeAllConnections();
    });

    expect(state).toBe('ready');
    expect(url).not.toBe(`http://127.0.0.1:${stolen}`);
    expect(fake.said.join('\n')).toContain(`billing-1: port ${stolen} is held by`);
  });

  it('that are killed while they start are not waited for', async () => {
    const fake = await open({ fake: 'never-ready' });
    const start = fake.supervisor.start('billing-1');
    await fake.becomes('billing-1', 'starting');

    await fake.supervisor.kill('billing-1');

    await expect(start).rejects.toThrow('billing-1 was killed before it was ready.');
  });

  it('are listed in the order of their kinds and numbers', async () => {
    const { supervisor } = await open();

    for (const replica of ['billing-10', 'billing-2', 'bank']) await supervisor.start(replica);

    const everything = await supervisor.list({ outsideWorld: true });
    expect(everything.map(({ replica }) => replica)).toEqual(['bank', 'billing-2', 'billing-10']);
    expect((await supervisor.list()).map(({ replica }) => replica)).toEqual(['billing-2', 'billing-10']);
  });

  it('say in a sentence what cannot be done', async () => {
    const { supervisor } = await open();
    const { pid } = await supervisor.start('billing-1');

    await expect(supervisor.start('billing-1')).rejects.toThrow(`billing-1 runs already (pid ${pid}).`);
    await expect(supervisor.resume('billing-1')).rejects.toThrow('billing-1 is not paused, it is ready.');
    await expect(supervisor.kill('billing-7')).rejects.toThrow('There is no billing-7 yet, only billing-1: start it.');
    await expect(supervisor.start('billing-51')).rejects.toThrow('billing can have billing-1 to billing-50.');
    await expect(supervisor.start('bakery-1')).rejects.toThrow(
      'There is no replica "bakery-1"; replicas are called bank, billing-1 and so on.',
    );
    await supervisor.stop('billing-1');
    await expect(supervisor.pause('billing-1')).rejects.toThrow(
      'billing-1 cannot be paused: it does not run (stopped).',
    );
  });

  it('end with the shop, services before the outside world, and start no more', async () => {
    const fake = await open();
    for (const replica of ['bank', 'billing-1', 'billing-2']) await fake.supervisor.start(replica);
    await fake.supervisor.pause('billing-2');

    await fake.supervisor.close(2_000);

    const ended = fake.changes.filter(({ state }) => state === 'stopped');
    expect(ended.map(({ ended }) => ended)).toEqual(['exit code 0', 'exit code 0', 'exit code 0']);
    expect(ended.at(-1)?.replica).toBe('bank');
    expect(fake.adopted.size).toBe(0);
    await expect(fake.supervisor.start('billing-1')).rejects.toThrow('the shop is closing');
  });

  it('leave the shop in time though they do not want to', async () => {
    const fake = await open({ fake: 'stubborn' });
    await fake.supervisor.start('billing-1');

    await fake.supervisor.close(100);

    expect(await fake.status('billing-1')).toMatchObject({ state: 'stopped', ended: 'signal SIGKILL' });
  });
});
