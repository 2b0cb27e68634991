import { describe, expect, it } from '@jest/globals';
import { backlogOf, leftOf } from './backlog.js';

const ends = (partition: number, low: bigint, high: bigint) => ({ topic: 't', partition, low, high });
const at = (partition: number, offset: bigint) => ({ topic: 't', partition, offset });

describe('what was there at the start', () => {
  it('is nothing where a topic is empty, or was emptied by retention', () => {
    expect(backlogOf([ends(0, 0n, 0n), ends(1, 7n, 7n)]).topics).toEqual([]);
  });

  it('counts from where the group stands, and from the beginning where it has no offset', () => {
    const begun = [ends(0, 0n, 10n), ends(1, 2n, 5n)];

    expect(leftOf(backlogOf(begun), begun, [at(0, 4n)])).toBe(6 + 3);
  });

  it('does not grow with what came later', () => {
    const backlog = backlogOf([ends(0, 0n, 10n)]);

    expect(leftOf(backlog, [ends(0, 0n, 50n)], [at(0, 9n)])).toBe(1);
    expect(leftOf(backlog, [ends(0, 0n, 50n)], [at(0, 20n)])).toBe(0);
  });

  it('does not wait for what was deleted unread, or went with a topic that was made anew', () => {
    const backlog = backlogOf([ends(0, 0n, 10n)]);

    expect(leftOf(backlog, [ends(0, 8n, 12n)], [at(0, 1n)])).toBe(2);
    expect(leftOf(backlog, [ends(0, 10n, 12n)], [at(0, 1n)])).toBe(0);
    expect(leftOf(backlog, [ends(0, 0n, 3n)], [])).toBe(3);
  });

  it('begins again where the group stands beyond the end', () => {
    const begun = [ends(0, 0n, 10n)];

    expect(leftOf(backlogOf(begun), begun, [at(0, 999n)])).toBe(10);
  });
});
