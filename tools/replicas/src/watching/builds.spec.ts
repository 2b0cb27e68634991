import { mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { buildOf, foldersOf } from './builds.js';

describe('the build of a service', () => {
  let root: string;
  const write = (file: string, text: string): void => {
    mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
    writeFileSync(path.join(root, file), text);
  };
  const addPackage = (folder: string, ...needs: string[]): void => {
    const dependencies = Object.fromEntries(needs.map((name) => [name, '0.0.0']));
    write(`${folder}/package.json`, JSON.stringify({ dependencies }));
    write(`${folder}/dist/index.js`, folder);
    mkdirSync(path.join(root, 'node_modules/@fieldguide'), { recursive: true });
    symlinkSync(path.join(root, folder), path.join(root, 'node_modules/@fieldguide', path.basename(folder)));
  };
  const build = () => buildOf(foldersOf(root, 'apps/billing'));

  beforeEach(() => {
    root = mkdtempSync(path.join(tmpdir(), 'builds-'));
    addPackage('libs/kafka');
    addPackage('libs/contracts', '@fieldguide/kafka', 'class-validator');
    addPackage('libs/stock');
    addPackage('apps/billing', '@fieldguide/contracts', 'pg');
  });
  afterEach(() => rmSync(root, { recursive: true }));

  it.each(['apps/billing', 'libs/contracts', 'libs/kafka'])('changes with the code of %s', (folder) => {
    const before = build();

    write(`${folder}/dist/deep/new.js`, 'new');

    expect(build()).not.toBe(before);
  });

  it('stays the same when a lib changes that the service does not import', () => {
    const before = build();

    write('libs/stock/dist/index.js', 'new');

    expect(build()).toBe(before);
  });

  it('stays the same when files are written anew with the same code, or specs and types change', () => {
    const before = build();

    utimesSync(path.join(root, 'libs/kafka/dist/index.js'), 1, 1);
    write('libs/kafka/dist/lane.spec.js', 'new');
    write('libs/kafka/dist/index.d.ts', 'new');

    expect(build()).toBe(before);
  });

  it('is that of nothing while nothing is built', () => {
    for (const folder of ['apps/billing', 'libs/contracts', 'libs/kafka'])
      rmSync(path.join(root, folder, 'dist'), { recursive: true });

    expect(build()).toEqual(expect.any(String));
  });
});
