import { describe, expect, it } from '@jest/globals';
import { Witness } from './witness.js';

describe('the witness of a hand-over', () => {
  it('knows who has which partition by what was handled last', async () => {
    const witness = new Witness(2);
    const settled = 1_000;
    witness.hear(1, { partition: 0, sequence: 0, at: 0 });
    witness.hear(2, { partition: 1, sequence: 0, at: 1 });
    witness.hear(2, { partition: 0, sequence: 1, at: settled });
    witness.hear(1, { partition: 1, sequence: 1, at: settled });

    await witness.shared(1, 2);

    expect([witness.partitionsOf(1), witness.partitionsOf(2)]).toEqual([[1], [0]]);
  });

  it('measures until the last partition is handled by someone else, whatever the leaver still did', async () => {
    const witness = new Witness(2);
    witness.hear(1, { partition: 0, sequence: 0, at: 90 });
    witness.hear(1, { partition: 1, sequence: 0, at: 95 });
    witness.hear(2, { partition: 0, sequence: 1, at: 110 });
    witness.hear(2, { partition: 1, sequence: 1, at: 150 });
    witness.hear(1, { partition: 0, sequence: 2, at: 140 });
    witness.hear(1, { partition: 1, sequence: 2, at: 180 });
    witness.hear(1, { partition: 0, sequence: 3, at: 400 });

    await expect(witness.takenOver([0, 1], 2, 100)).resolves.toBe(80);
  });

  it('counts what is handled once more, by whomever', async () => {
    const witness = new Witness(1);
    for (const [replica, sequence] of [
      [1, 0],
      [2, 0],
      [2, 1],
      [2, 1],
    ] as const) {
      witness.hear(replica, { partition: 0, sequence, at: 0 });
    }

    await witness.all(2);

    expect(witness.again).toBe(2);
  });
});
