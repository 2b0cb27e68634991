import { afterEach, describe, expect, it } from '@jest/globals';
import dgram from 'node:dgram';
import net from 'node:net';
import { freePort, isFree, takePort } from './ports.js';

describe('taking a port', () => {
  const servers: net.Server[] = [];
  const listenOn = async (host: string): Promise<number> => {
    const server = net.createServer();
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, host, resolve));
    return (server.address() as net.AddressInfo).port;
  };

  afterEach(async () => {
    await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
  });

  it('gives the preferred one while it is free, and says nothing', async () => {
    const lines: string[] = [];
    const preferred = await freePort();

    const port = await takePort(preferred, 'orders-1', (line) => lines.push(line));

    expect(port).toBe(preferred);
    expect(lines).toEqual([]);
  });

  it('says who holds the preferred one, and gives a free one', async () => {
    const lines: string[] = [];
    const held = await listenOn('127.0.0.1');

    const port = await takePort(held, 'orders-1', (line) => lines.push(line));

    expect(port).not.toBe(held);
    await expect(isFree(port)).resolves.toBe(true);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(`orders-1: port ${held} is held by `);
    expect(lines[0]).toContain(`(pid ${process.pid}); taking ${port}`);
  });

  it('leaves a port to another start that took it and does not listen yet', async () => {
    const lines: string[] = [];
    const other = dgram.createSocket('udp4');
    const port = await new Promise<number>((resolve) =>
      other.bind(0, '127.0.0.1', () => resolve(other.address().port)),
    );

    const taken = await takePort(port, 'kafka', (line) => lines.push(line));
    other.close();

    expect(taken).not.toBe(port);
    expect(lines).toEqual([`kafka: port ${port} is held by another start; taking ${taken}`]);
  });

  it('takes a port that somebody holds on every address for held', async () => {
    const held = await listenOn('0.0.0.0');

    await expect(isFree(held)).resolves.toBe(false);
  });

  it('gives no free port twice', async () => {
    const ports = await Promise.all(Array.from({ length: 50 }, () => freePort()));

    expect(new Set(ports).size).toBe(50);
  });
});
