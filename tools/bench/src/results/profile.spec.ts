import { describe, expect, it } from '@jest/globals';
import { selfTimes } from './profile.js';

const frame = (id: number, functionName: string, url: string) => ({
  id,
  callFrame: { functionName, url, lineNumber: 9 },
});

describe('a CPU profile', () => {
  const profile = {
    nodes: [
      frame(1, '(idle)', ''),
      frame(2, 'decode', 'file:///clone/node_modules/kafkajs/src/decoder.js'),
      frame(3, 'handle', 'file:///clone/libs/kafka/dist/handling/lane.js'),
      frame(4, '(garbage collector)', ''),
      frame(5, 'emit', 'node:events'),
      frame(6, 'pipe', 'file:///clone/node_modules/@nestjs/core/pipes.js'),
    ],
    samples: [1, 2, 3, 2, 4, 5, 6],
    timeDeltas: [7, 1_000, 200, 100, 50, 30, 20, 40],
  };

  it('is told by package, in microseconds for each message, without the time that was idle', () => {
    const { packages } = selfTimes({ ...profile, timeDeltas: [7, 1_000, 200, 100, 50, 30, 20] }, 10);

    expect(packages.map(({ name, micros }) => [name, micros])).toEqual([
      ['kafkajs', 25],
      ['libs/kafka', 10],
      ['(garbage collector)', 3],
      ['node', 2],
      ['@nestjs/core', 0],
    ]);
    expect(packages[0]?.share).toBeCloseTo(250 / 400);
  });

  it('names each function with its package, file and line', () => {
    const { functions } = selfTimes(profile, 10);

    expect(functions.slice(0, 2).map(({ name }) => name)).toEqual([
      'decode kafkajs decoder.js:10',
      'handle libs/kafka lane.js:10',
    ]);
  });
});
