import { describe, expect, it } from '@jest/globals';
import { commandOf, readOptions } from './options.js';

describe('the options of chaos', () => {
  it('are few faults and a seed of chance where nothing is said', () => {
    const { seed, ...usual } = readOptions([]);

    expect(usual).toMatchObject({
      faults: 30,
      rate: 10,
      overlap: 2,
      only: undefined,
      running: false,
      externalToo: false,
    });
    expect(seed).toBeGreaterThan(0);
  });

  it('come back in the command that replays a run', () => {
    const command = 'npm run chaos -- --faults 15 --seed 7 --rate 20 --overlap 3 --only kill,term --running';

    expect(commandOf(readOptions(command.split(' ').slice(4)))).toBe(command);
  });

  it('are refused with what they take', () => {
    expect(() => readOptions(['--faults', '0'])).toThrow('--faults takes a whole number from 1 to 1000, not "0".');
    expect(() => readOptions(['--rate', ''])).toThrow('--rate takes a whole number from 1 to 200, not "".');
    expect(() => readOptions(['--only', 'kill,fire'])).toThrow(/does not know fire; the kinds are kill, pause/);
    expect(() => readOptions(['--sed', '7'])).toThrow(/--sed.*The options are/s);
  });
});
