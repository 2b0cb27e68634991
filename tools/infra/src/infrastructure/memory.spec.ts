import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { keepApart } from './memory.js';

describe("the broker's data of a home", () => {
  const before = process.env['FIELDGUIDE_HOME'];
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'memory-'));
    process.env['FIELDGUIDE_HOME'] = folder;
  });
  afterEach(() => {
    if (before === undefined) delete process.env['FIELDGUIDE_HOME'];
    else process.env['FIELDGUIDE_HOME'] = before;
    rmSync(folder, { recursive: true });
  });

  it('is opened again by a broker of its kind, and not by one of the other', () => {
    keepApart('secured');
    keepApart('secured');

    expect(() => keepApart('open')).toThrow(
      `${folder} holds the data of a secured broker, and KAFKA_SECURED asks for an open broker: ` +
        'change KAFKA_SECURED, set FIELDGUIDE_HOME to another folder, or run npm run reset.',
    );
  });

  it('is that of one broker or of three, and neither opens the other', () => {
    keepApart('cluster');

    expect(() => keepApart('open')).toThrow(
      `${folder} holds the data of three brokers, and KAFKA_NODES asks for an open broker: change KAFKA_NODES, set`,
    );
  });

  it('is that of an open broker where nobody has noted it: it is older than secured ones', () => {
    mkdirSync(path.join(folder, 'kafka', 'data'), { recursive: true });
    writeFileSync(path.join(folder, 'kafka', 'data', 'meta.properties'), '');

    expect(() => keepApart('secured')).toThrow(
      'holds the data of an open broker, and KAFKA_SECURED asks for a secured',
    );
  });
});
