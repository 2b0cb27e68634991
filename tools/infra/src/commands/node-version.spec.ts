import { describe, expect, it } from '@jest/globals';
import { satisfies } from './node-version.js';

const RANGE = '^20.19.0 || ^22.12.0 || >=24.0.0';

describe('the version of Node.js', () => {
  it.each(['20.19.0', '20.20.2', '22.12.0', '24.0.0', '25.1.0'])('%s is within the range', (version) => {
    expect(satisfies(version, RANGE)).toBe(true);
  });

  it.each(['18.20.0', '20.18.9', '21.7.0', '22.11.0', '23.5.0'])('%s is outside of the range', (version) => {
    expect(satisfies(version, RANGE)).toBe(false);
  });
});
