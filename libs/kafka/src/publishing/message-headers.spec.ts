import { describe, expect, it } from '@jest/globals';
import { runOnTrail, trailFrom } from '../correlation/correlation.js';
import { messageHeaders } from './message-headers.js';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = `00-${TRACE}-00f067aa0ba902b7-01`;

const headers = (): Record<string, string> =>
  Object.fromEntries(
    Object.entries(
      messageHeaders({
        id: '1',
        type: 'orders.order-placed.v1',
        service: 'orders',
        time: new Date('2026-01-02T03:04:05.678Z'),
      }),
    ).map(([name, value]) => [name, String(value)]),
  );

describe('the headers of a message', () => {
  it('are CloudEvents in binary mode, with a trace and a correlation id', () => {
    expect(headers()).toEqual({
      ce_specversion: '1.0',
      ce_id: '1',
      ce_type: 'orders.order-placed.v1',
      ce_source: '/orders',
      ce_time: '2026-01-02T03:04:05.678Z',
      'content-type': 'application/json',
      traceparent: expect.stringMatching(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/),
      'correlation-id': expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
  });

  it('go on with the trail of what caused the message, as a span of its own', () => {
    const sent = runOnTrail({ correlationId: 'order-17', traceparent: PARENT }, headers);

    expect(sent['correlation-id']).toBe('order-17');
    expect(sent['traceparent']).toMatch(new RegExp(`^00-${TRACE}-[0-9a-f]{16}-01$`));
    expect(sent['traceparent']).not.toBe(PARENT);
  });
});

describe('a trail that comes from outside', () => {
  it('is kept where it is well formed, flags included', () => {
    const trail = trailFrom('order-17', `00-${TRACE}-00f067aa0ba902b7-00`);

    expect(trail.correlationId).toBe('order-17');
    expect(trail.traceparent).toMatch(new RegExp(`^00-${TRACE}-[0-9a-f]{16}-00$`));
  });

  it.each([undefined, '', 'with space', 'line\nbreak', 'ä', 'x'.repeat(201)])(
    'gets a fresh correlation id in the place of %j',
    (correlationId) => {
      expect(trailFrom(correlationId, undefined).correlationId).toMatch(/^[0-9a-f-]{36}$/);
    },
  );

  it.each([
    undefined,
    'nonsense',
    `01-${TRACE}-00f067aa0ba902b7-01`,
    `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`,
    `00-${TRACE}-0000000000000000-01`,
    `00-${TRACE.toUpperCase()}-00f067aa0ba902b7-01`,
  ])('begins a trace of its own in the place of %j', (traceparent) => {
    expect(trailFrom(undefined, traceparent).traceparent).not.toContain(TRACE);
  });
});
