import { describe, expect, it } from '@jest/globals';
import { onCore, run } from './programs.js';

describe('a command for one core', () => {
  it('stays as it is where no core is asked for', async () => {
    expect(await onCore(undefined, 'java', ['-version'])).toEqual({ command: 'java', args: ['-version'] });
  });

  it('stays as it is where there is no such core', async () => {
    expect(await onCore(9_999, 'java', ['-version'])).toEqual({ command: 'java', args: ['-version'] });
  });

  it('runs on that core, and on no other, where taskset is there', async () => {
    const { missing } = await run('taskset', ['--version'], 5_000);
    const asked = ['-e', 'process.stdout.write(String(os.availableParallelism()))'];
    const { command, args } = await onCore(0, process.execPath, asked);
    const { output } = await run(command, args, 10_000);

    expect(command).toBe(missing ? process.execPath : 'taskset');
    if (!missing) expect(output).toBe('1');
  });
});
