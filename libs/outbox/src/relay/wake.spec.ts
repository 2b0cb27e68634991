import { describe, expect, it } from '@jest/globals';
import { Wake } from './wake.js';

/** A connection whose answers come when the spec says so. */
class HeldConnection {
  readonly asked: string[] = [];
  readonly #answers: (() => void)[] = [];

  query<Row extends object>(text: string): Promise<Row[]> {
    this.asked.push(text);
    return new Promise((resolve) => this.#answers.push(() => resolve([])));
  }

  answer(): void {
    this.#answers.shift()?.();
  }
}

async function until(isSo: () => boolean, deadline = Date.now() + 5_000): Promise<void> {
  while (!isSo()) {
    if (Date.now() > deadline) throw new Error('It did not become so within 5 s.');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

const NOTIFY = 'notify fieldguide_outbox';

describe('a relay in another replica', () => {
  it('is told once more of all that was written while it was told', async () => {
    const side = new HeldConnection();
    const wake = new Wake(side);

    wake.relay();
    for (let writer = 0; writer < 10; writer++) wake.relay();
    expect(side.asked).toEqual([NOTIFY]);
    side.answer();
    await until(() => side.asked.length > 1);
    side.answer();

    expect(side.asked).toEqual([NOTIFY, NOTIFY]);
  });

  it('is not told where the relay is in this process', () => {
    const side = new HeldConnection();
    const wake = new Wake(side);
    let woken = 0;
    wake.here = () => woken++;

    wake.relay();

    expect({ woken, asked: side.asked }).toEqual({ woken: 1, asked: [] });
  });
});
