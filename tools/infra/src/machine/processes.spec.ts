import { afterEach, describe, expect, it } from '@jest/globals';
import { type ChildProcess, spawn } from 'node:child_process';
import { end, freeze, identify, isAlive, type ProcessId, signal, standsStill } from './processes.js';

describe('a process that is known by number and start', () => {
  const children: ChildProcess[] = [];

  interface Started {
    child: ChildProcess;
    known: ProcessId;
    said: string;
  }

  /** Runs a script that may put something to say into `said`. */
  const start = async (script: string, detached = false): Promise<Started> => {
    const whole = `let said = 'up'; ${script}; setInterval(() => {}, 1000); process.stdout.write(String(said))`;
    const child = spawn(process.execPath, ['-e', whole], { detached, stdio: ['ignore', 'pipe', 'ignore'] });
    children.push(child);
    const said = await new Promise<Buffer>((resolve) => child.stdout.once('data', resolve));
    const known = identify(child.pid ?? 0);
    if (!known) throw new Error('it has ended already');
    return { child, known, said: said.toString() };
  };

  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
  });

  it('ends when it is asked', async () => {
    const { known, child } = await start('');
    const ended = new Promise((resolve) => child.once('exit', (_code, by) => resolve(by)));

    await end(known, 'SIGTERM', 5_000);

    expect(isAlive(known)).toBe(false);
    await expect(ended).resolves.toBe('SIGTERM');
  });

  it('is killed when it does not listen', async () => {
    const { known } = await start("process.on('SIGTERM', () => {})");

    await end(known, 'SIGTERM', 100);

    expect(isAlive(known)).toBe(false);
  });

  it('is ended although it is frozen', async () => {
    const { known, child } = await start("process.on('SIGTERM', () => process.exit(7))");
    child.kill('SIGSTOP');

    await end(known, 'SIGTERM', 5_000);

    expect(isAlive(known)).toBe(false);
  });

  it('stands still as soon as it is frozen', async () => {
    const { known } = await start('setInterval(() => { count = 1e8; while (count--); })');

    const before = standsStill(known.pid);
    await freeze(known);
    const frozen = standsStill(known.pid);
    signal(known, 'SIGCONT');

    expect({ before, frozen }).toEqual({ before: false, frozen: true });
    await eventually(() => expect(standsStill(known.pid)).toBe(false));
  });

  it('takes its children along where it leads a group', async () => {
    const { known, said } = await start("said = require('child_process').spawn('sleep', ['60']).pid", true);
    const grandchild = identify(Number(said));

    await end(known, 'SIGKILL', 5_000);

    expect(known.leads).toBe(true);
    expect(grandchild).toBeDefined();
    await eventually(() => expect(identify(Number(said))).toBeUndefined());
  });

  it('is left alone when another one has its number', async () => {
    const { known } = await start('');
    const earlier = { ...known, began: 'at another time' };

    const wasSent = signal(earlier, 'SIGKILL');
    await end(earlier, 'SIGKILL', 1_000);

    expect(wasSent).toBe(false);
    expect(isAlive(earlier)).toBe(false);
    expect(isAlive(known)).toBe(true);
  });
});

async function eventually(check: () => void, deadline = Date.now() + 5_000): Promise<void> {
  for (;;) {
    try {
      return check();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
