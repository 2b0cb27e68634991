import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { listensOn } from './listens-on.js';

describe('a port on which this process listens', () => {
  const server = createServer();
  let port: number;
  beforeEach(async () => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    port = (server.address() as AddressInfo).port;
  });
  afterEach(async () => {
    server.close();
    await once(server, 'close');
  });

  it('is its own, and nobody else has it', async () => {
    const other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    await once(other, 'spawn');

    expect(listensOn(process.pid, port)).toBe(true);
    expect(listensOn(other.pid ?? 0, port)).toBe(false);

    other.kill('SIGKILL');
    await once(other, 'exit');
  });

  it('is not that of a process that has ended', async () => {
    const ended = spawn(process.execPath, ['-e', '']);
    await once(ended, 'exit');

    expect(listensOn(ended.pid ?? 0, port)).toBe(false);
  });
});
