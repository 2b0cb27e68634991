import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Position } from '../client/index.js';
import { eventually } from '../testing/eventually.js';
import { TOPIC } from '../testing/records.js';
import { Committer } from './committer.js';

const at = (offset: number): Position => ({ topic: TOPIC, partition: 0, offset: BigInt(offset) });

/** What lanes tell a committer. */
class LanesUnderTest {
  handled = 0;
  due: Position[] = [];
  readonly marked: Position[][] = [];
  uncommitted = (): Position[] => this.due;
  markCommitted = (positions: readonly Position[]): void => void this.marked.push([...positions]);
}

/** A broker that answers a commit when the spec says so. */
class BrokerUnderTest {
  readonly asked: bigint[] = [];
  inFlight = 0;
  most = 0;
  #answers: ((stored: boolean | Error) => void)[] = [];

  commit = (positions: readonly Position[]): Promise<boolean> => {
    this.asked.push(positions[0]?.offset ?? -1n);
    this.most = Math.max(this.most, ++this.inFlight);
    return new Promise((resolve, reject) => {
      this.#answers.push((answer) => {
        this.inFlight--;
        if (answer instanceof Error) reject(answer);
        else resolve(answer);
      });
    });
  };

  async answer(answer: boolean | Error): Promise<void> {
    (await eventually('a commit', () => this.#answers.shift()))(answer);
  }
}

let lanes: LanesUnderTest;
let broker: BrokerUnderTest;
let committer: Committer;

beforeEach(() => {
  lanes = new LanesUnderTest();
  broker = new BrokerUnderTest();
  committer = new Committer(lanes, broker.commit, 20, 100);
});

afterEach(() => committer.stop());

describe('the committer', () => {
  it('has one commit in flight; who comes meanwhile shares the next one, built when it goes out', async () => {
    lanes.due = [at(1)];
    const first = committer.now();
    await eventually('the first', () => broker.asked.length === 1);
    const others = [committer.now(), committer.now(), committer.now()];
    lanes.due = [at(2)];
    await broker.answer(true);
    await first;
    await broker.answer(true);
    await Promise.all(others);

    expect(broker.most).toBe(1);
    expect(broker.asked).toEqual([1n, 2n]);
    expect(lanes.marked).toEqual([[at(1)], [at(2)]]);
  });

  it('asks nothing of the broker where nothing is due', async () => {
    await committer.now();

    expect(broker.asked).toEqual([]);
  });

  it('commits by itself within its interval, once for many records', async () => {
    lanes.due = [at(7)];
    for (let record = 0; record < 50; record++) committer.progressed();
    await broker.answer(true);

    await eventually('marked', () => lanes.marked.length > 0);
    expect(broker.asked).toEqual([7n]);
  });

  it('commits at once after many records', async () => {
    committer = new Committer(lanes, broker.commit, 3_600_000, 100);
    lanes.due = [at(100)];
    lanes.handled = 100;
    committer.progressed();

    await broker.answer(true);
    expect(lanes.handled).toBe(0);
  });

  it.each([
    ['was refused', new Error('REBALANCE_IN_PROGRESS')],
    ['was not confirmed', false],
  ])('repeats what %s, by itself', async (_, answer) => {
    lanes.due = [at(5)];
    committer.progressed();
    await broker.answer(answer);
    expect(lanes.marked).toEqual([]);
    await broker.answer(true);

    await eventually('marked', () => lanes.marked.length > 0);
    expect(broker.asked).toEqual([5n, 5n]);
  });

  it('carries only what the lanes hold at that moment: a partition that went is not in it', async () => {
    lanes.due = [at(5)];
    committer.progressed();
    await broker.answer(new Error('ILLEGAL_GENERATION'));
    lanes.due = [{ ...at(9), partition: 1 }];
    await broker.answer(true);

    await eventually('marked', () => lanes.marked.length > 0);
    expect(lanes.marked).toEqual([[{ ...at(9), partition: 1 }]]);
  });

  it('does nothing by itself once it is stopped, whatever became of the last commit', async () => {
    lanes.due = [at(5)];
    const last = committer.now();
    await eventually('the last', () => broker.asked.length === 1);
    committer.stop();
    await broker.answer(new Error('the consumer has left'));
    await last;
    committer.progressed();

    const others = new LanesUnderTest();
    others.due = [at(6)];
    new Committer(others, broker.commit, 20).progressed(); // its timer is the later one
    await broker.answer(true);
    expect(broker.asked).toEqual([5n, 6n]);
  });
});
