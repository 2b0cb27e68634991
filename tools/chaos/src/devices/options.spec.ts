import { describe, expect, it } from '@jest/globals';
import { readOptions } from './options.js';

describe('the options of safety-devices', () => {
  it('are all devices where nothing is said', () => {
    expect(readOptions([])).toEqual({
      names: ['inbox', 'publish-before-mark', 'handle-before-commit', 'provider-key', 'acks-of-all'],
      json: false,
    });
  });

  it('are some devices, in the order of the table', () => {
    expect(readOptions(['--only', 'provider-key, inbox', '--json'])).toEqual({
      names: ['inbox', 'provider-key'],
      json: true,
    });
  });

  it('are refused with what they take', () => {
    expect(() => readOptions(['--only', 'inbox,belt'])).toThrow(/does not know belt; the devices are inbox, publish-/);
    expect(() => readOptions(['--fast'])).toThrow(/The options are --only <device,device> and --json\./);
  });
});
