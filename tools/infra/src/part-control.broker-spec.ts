import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { acquireInfra, type Infra } from './acquire.js';
import { stopKeeper } from './keeper/stop.js';
import { brokerControl, databaseControl, mailControl } from './part-control.js';
import { selectOne } from './parts/postgres/postgres-client.js';
import { VARIABLES } from './settings.js';

describe('a part that is taken away', () => {
  const before = { ...process.env };
  let folder: string;
  let infra: Infra;

  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'fieldguide-parts-spec-'));
    for (const name of VARIABLES) delete process.env[name];
    process.env['FIELDGUIDE_HOME'] = folder;
    process.env['INFRA'] = 'local';
    infra = await acquireInfra({ name: 'parts spec' });
  });
  afterAll(async () => {
    await infra?.release();
    await stopKeeper(folder);
    rmSync(folder, { recursive: true, force: true });
    process.env = before;
  });

  it('is a broker that comes back at the same address when it is asked for', async () => {
    const broker = brokerControl();
    expect(broker.nodes).toEqual([{ id: 1, address: infra.kafka }]);

    await broker.kill(1);

    expect(await listens(infra.kafka)).toBe(false);
    await broker.start(1);
    expect(await listens(infra.kafka)).toBe(true);
    await expect(broker.kill(2)).rejects.toThrow('There is no broker 2; there are 1.');
  });

  it('is a database, and a mail server, which may be asked for twice', async () => {
    const smtp = new URL(infra.env['SMTP_URL'] ?? '').host;
    await Promise.all([databaseControl().stop(), mailControl().stop()]);

    expect(await listens(smtp)).toBe(false);
    await expect(selectOne(infra.databaseServerUrl)).rejects.toThrow();
    await Promise.all([databaseControl().start(), mailControl().start()]);
    await databaseControl().start();
    expect(await listens(smtp)).toBe(true);
    await selectOne(infra.databaseServerUrl);
  });
});

function listens(address: string): Promise<boolean> {
  const [host, port] = address.split(':');
  return new Promise((resolve) => {
    const socket = net.connect(Number(port), host);
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
