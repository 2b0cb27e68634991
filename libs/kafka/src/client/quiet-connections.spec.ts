import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { createRequire } from 'node:module';
import { quietConnections } from './quiet-connections.js';

const kafkajs = createRequire(import.meta.url);

/** Of kafkajs: what goes over a connection, and waits for it. */
interface Queue {
  push(request: object): void;
  fulfillRequest(answer: { correlationId: number; payload: Buffer; size: number }): void;
  maybeThrottle(ms: number): void;
  destroy(): void;
}
const RequestQueue = kafkajs('kafkajs/src/network/requestQueue/index.js') as new (options: object) => Queue;

const logger = { debug: () => undefined, warn: () => undefined, namespace: () => logger };
let queue: Queue;
let sent: number[];

beforeEach(() => {
  jest.useFakeTimers({ now: 0 });
  quietConnections();
  sent = [];
  queue = new RequestQueue({
    ...{ instrumentationEmitter: null, requestTimeout: 1_000, enforceRequestTimeout: false, clientId: 'spec' },
    ...{ maxInFlightRequests: 1, broker: 'none', logger, isConnected: () => true },
  });
});
afterEach(() => {
  queue.destroy();
  jest.useRealTimers();
});

function push(correlationId: number): void {
  const entry = { correlationId, resolve: () => undefined, reject: () => undefined };
  queue.push({ entry, expectResponse: true, sendRequest: () => sent.push(correlationId) });
}
const answer = (correlationId: number) => queue.fulfillRequest({ correlationId, payload: Buffer.alloc(0), size: 0 });

describe('a connection', () => {
  it('wakes nobody when all is answered', () => {
    push(1);
    answer(1);

    expect(sent).toEqual([1]);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('sends what waits when there is room, and is quiet again', () => {
    push(1);
    push(2);
    expect(sent).toEqual([1]);

    answer(1);
    expect(sent).toEqual([1, 2]);
    answer(2);
    jest.advanceTimersByTime(100);

    expect(jest.getTimerCount()).toBe(0);
  });

  it('sends what waits for the broker when its time is up, and no sooner', () => {
    queue.maybeThrottle(500);
    push(1);
    jest.advanceTimersByTime(499);
    expect(sent).toEqual([]);

    jest.advanceTimersByTime(20);

    expect(sent).toEqual([1]);
    jest.advanceTimersByTime(20);
    expect(jest.getTimerCount()).toBe(0);
  });
});
