import { describe, expect, it } from '@jest/globals';
import { readOptions } from './options.js';
import { alternate } from './run/schedule.js';

describe('the command line of the bench', () => {
  const known = ['publish', 'consume'];

  it('measures all cells in two rounds, where nothing is said', () => {
    expect(readOptions([], known)).toEqual({ cells: [], rounds: 2, quick: false, profile: undefined });
  });

  it('takes a list of cells and a number of rounds', () => {
    expect(readOptions(['--cells', 'consume, publish', '--rounds', '5'], known)).toMatchObject({
      cells: ['consume', 'publish'],
      rounds: 5,
    });
  });

  it('refuses a cell that there is not, and names those that there are', () => {
    expect(() => readOptions(['--cells', 'consume,consumed'], known)).toThrow(/No cell consumed.*publish, consume/);
    expect(() => readOptions(['--profile', 'nothing'], known)).toThrow('No cell nothing');
  });

  it('refuses rounds that are no whole number', () => {
    expect(() => readOptions(['--rounds', '1.5'], known)).toThrow('--rounds 1.5');
    expect(() => readOptions(['--rounds', '0'], known)).toThrow('--rounds 0');
  });
});

describe('the order of the sides', () => {
  it('alternates A B B A in each round', () => {
    expect(alternate(['A', 'B'], 2).map(({ item }) => item)).toEqual([...'ABBAABBA']);
    expect(alternate(['A', 'B'], 1).map(({ half }) => half)).toEqual(['first', 'first', 'second', 'second']);
  });

  it('has each side once in half a round', () => {
    expect(alternate(['A', 'B'], 'half').map(({ item }) => item)).toEqual(['A', 'B']);
  });
});
