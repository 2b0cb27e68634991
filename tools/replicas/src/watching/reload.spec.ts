import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { FakeShop } from '../fakes/fake-shop.js';
import { Reload } from './reload.js';

describe('a shop whose code was built anew', () => {
  let shop: FakeShop;
  let reload: Reload;
  const said: string[] = [];
  beforeEach(async () => {
    said.length = 0;
    shop = await FakeShop.open();
    reload = new Reload(shop.supervisor, (line) => void said.push(line));
    for (const replica of ['bank', 'billing-1', 'billing-2', 'billing-3']) await shop.supervisor.start(replica);
    shop.changes.length = 0;
  });
  afterEach(() => shop.close());

  const changes = () => shop.changes.map(({ replica, state }) => `${replica} ${state}`);

  it('restarts replicas of its services, one after another', async () => {
    shop.build = 'second';

    await reload.compiled(0);

    expect(changes()).toEqual(
      ['billing-1', 'billing-2', 'billing-3'].flatMap((name) =>
        ['stopped', 'starting', 'ready'].map((s) => `${name} ${s}`),
      ),
    );
  });

  it('restarts nothing when the code is the same, or does not compile', async () => {
    await reload.compiled(0);
    shop.build = 'second';
    await reload.compiled(2);

    expect(changes()).toEqual([]);
    expect(said).toEqual(['2 errors: nothing is restarted.']);
  });

  it('leaves alone who was stopped or paused on purpose, and starts who had crashed', async () => {
    await shop.supervisor.stop('billing-1');
    await shop.supervisor.pause('billing-2');
    await fetch(`${shop.supervisor.url('billing-3')}/crash`).catch(() => undefined);
    await shop.becomes('billing-3', 'crashed');
    shop.changes.length = 0;
    shop.build = 'second';

    await reload.compiled(0);

    expect(changes()).toEqual(['billing-3 starting', 'billing-3 ready']);
  });

  it('keeps the others on the old build when the first does not come up', async () => {
    shop.build = 'second';
    shop.fake = 'broken';

    await reload.compiled(0);

    expect((await shop.supervisor.list()).map(({ state }) => state)).toEqual(['crashed', 'ready', 'ready']);
    expect(said.at(-1)).toBe('billing-2, billing-3 keep running the build before it.');
  });

  it('looks again when it is built once more while replicas restart', async () => {
    shop.build = 'second';
    const first = reload.compiled(0);
    await shop.becomes('billing-2', 'starting');
    shop.build = 'third';
    await Promise.all([first, reload.compiled(0)]);

    expect(shop.supervisor.services.map(({ startedFrom }) => startedFrom)).toEqual(['third', 'third', 'third']);
  });
});
