import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { commandsOf, isSeen, specRun, titleOf } from '@fieldguide/checks';
import { workspaceRoot } from '@fieldguide/infra';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Shop } from './driver/shop.js';
import { type } from './driver/typed.js';

/** Page and heading under which it says what to type. */
const PAGES = [
  ['README.md', 'See it run'],
  ['docs/running.md', 'Look and break'],
  ['docs/operations.md', 'Look'],
  ...readdirSync(join(workspaceRoot, 'docs/patterns')).map((page) => [`docs/patterns/${page}`, 'See it']),
] as [page: string, heading: string][];

describe('the commands of a page', () => {
  let shop: Shop;

  beforeAll(async () => {
    shop = await Shop.connect();
    await shop.restore();
  });
  afterEach(() => shop.restore());
  afterAll(() => shop.close());

  it.each(PAGES)('%s: they run, and one sees what it shows', async (page, heading) => {
    const commands = commandsOf(readFileSync(join(workspaceRoot, page), 'utf8'), heading);
    expect(commands).not.toEqual([]);

    for (const { lines, seen } of commands) {
      const typed = lines.filter((line) => !specRun(line));
      const shown = seen.filter((line) => titleOf(line) === undefined);

      const { output, code } = await type(typed, shop.control.system, shown.length > 0);

      const unseen = shown.filter((line) => !output.some((printed) => isSeen(line, printed)));
      if (unseen.length > 0) expect({ unseen, output }).toEqual({ unseen: [], output });
      // What is shown may be what failure looks like.
      if (shown.length === 0) expect({ typed, code, output }).toMatchObject({ code: 0 });
    }
  });
});
