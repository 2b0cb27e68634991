import { createServer } from 'node:net';
import { once } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { NotReadyError } from '@fieldguide/kafka';
import { ConfigError } from '../config/config-error.js';
import { explain } from './start-or-exit.js';

describe('a start that fails', () => {
  it('is explained in a sentence where the error is one of ours', () => {
    expect(explain(new NotReadyError('No broker answers at 127.0.0.1:1.'))).toBe('No broker answers at 127.0.0.1:1.');
    expect(explain(new ConfigError([{ variable: 'HOST', problem: 'is wrong: expected an address' }]))).toContain(
      'HOST is wrong: expected an address',
    );
  });

  it('is explained by the port that another process holds', async () => {
    const holder = createServer().listen(0, '127.0.0.1');
    await once(holder, 'listening');
    const { port } = holder.address() as { port: number };

    const error = await once(createServer().listen(port, '127.0.0.1'), 'listening').catch((taken: unknown) => taken);
    holder.close();

    expect(explain(error)).toBe(`127.0.0.1:${port} is taken by another process: stop it, or choose another port.`);
  });

  it('brings its stack trace where nobody foresaw it', () => {
    expect(explain(new TypeError('x is not a function'))).toContain('start-or-exit.spec');
  });
});
