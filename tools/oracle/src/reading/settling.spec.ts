import { describe, expect, it } from '@jest/globals';
import type { OutboxEvent } from '../history.js';
import { settle, waiting } from './settling.js';

describe('a shop that settles', () => {
  it('has to show nothing twice in a row', async () => {
    const looks = [['a'], [], ['b'], [], [], ['never asked for']];

    const settled = await settle(() => Promise.resolve(looks.shift() ?? []), 10_000);

    expect(settled.unfinished).toEqual([]);
    expect(looks).toEqual([['never asked for']]);
  });

  it('is read up to the moment before the looks that showed nothing', async () => {
    let lookedAt = '';
    const { until } = await settle(() => {
      lookedAt ||= new Date().toISOString();
      return Promise.resolve([]);
    }, 0);

    expect(until <= lookedAt).toBe(true);
  });

  it('is told of with what is under way when the wait is over', async () => {
    expect((await settle(() => Promise.resolve(['the last sight']), 0)).unfinished).toEqual(['the last sight']);
  });
});

describe('an outbox', () => {
  const event = (service: string, position: string): OutboxEvent => ({
    ...{ service, position, id: position, topic: 't', key: 'k', storedAt: '' },
  });

  it('waits for what is not said yet, and not for what the broker will never take', () => {
    const aside = { ...event('billing', '4'), problem: 'MESSAGE_TOO_LARGE' };

    expect(waiting([event('orders', '1'), event('orders', '2'), event('billing', '3'), aside])).toEqual([
      'The outbox of orders has 2 events to say.',
      'The outbox of billing has 1 event to say.',
    ]);
  });
});
