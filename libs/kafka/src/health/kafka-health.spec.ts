import { beforeEach, describe, expect, it } from '@jest/globals';
import { eventually } from '../testing/eventually.js';
import { setClock } from '../testing/set-clock.js';
import { KafkaHealth } from './kafka-health.js';

let health: KafkaHealth;

beforeEach(() => {
  health = new KafkaHealth();
});

const started = (): void => {
  health.starting('billing');
  health.joined('billing');
  health.opened();
};

describe('the health of a service on Kafka', () => {
  it('is not ready before the transport has started, nor while it stops', () => {
    expect(health.report()).toEqual({ status: 'ok', ready: false, reasons: [] });
    started();
    expect(health.report()).toEqual({ status: 'ok', ready: true, reasons: [] });
    health.closing();
    expect(health.report().ready).toBe(false);
  });

  it('is ready without any consumer, for a service that only publishes', () => {
    health.opened();

    expect(health.report()).toEqual({ status: 'ok', ready: true, reasons: [] });
  });

  it('is degraded while a consumer joins', () => {
    started();
    health.starting('billing.replies.1');

    expect(health.report()).toEqual({
      status: 'degraded',
      ready: false,
      reasons: ['group billing.replies.1: joining'],
    });
  });

  it('is degraded while a consumer reconnects, and ok when it has joined again', () => {
    started();
    health.crashed('billing', 'group billing: ECONNREFUSED', true);
    expect(health.report()).toEqual({
      status: 'degraded',
      ready: true,
      reasons: ['group billing: ECONNREFUSED; reconnecting'],
    });

    health.joined('billing');
    expect(health.report()).toEqual({ status: 'ok', ready: true, reasons: [] });
  });

  it('is dead when a consumer has stopped for good, and says so first', () => {
    started();
    health.waits('the payment provider is down');
    health.crashed('billing', 'group billing: not authorised', false);

    expect(health.report()).toEqual({
      status: 'dead',
      ready: false,
      reasons: ['group billing: not authorised; it does not come back', 'the payment provider is down'],
    });
  });

  it('is dead when a consumer polls no more, although nothing crashed', async () => {
    health = new KafkaHealth(20);
    started();

    await eventually('dead', () => health.report().status === 'dead');
    expect(health.report().reasons).toEqual(['group billing: has not polled for 20 ms']);
    health.polled('billing');
    expect(health.report().status).toBe('ok');
  });

  it('is ok where the clock is set an hour ahead: nobody was silent', () => {
    started();

    const setRight = setClock(3_600_000);
    const report = health.report();
    setRight();

    expect(report).toEqual({ status: 'ok', ready: true, reasons: [] });
  });

  it('is degraded, and ready, while something waits: each reason once, until it is over', () => {
    started();
    const over = ['a waits', 'a waits', 'b waits'].map((reason) => health.waits(reason));

    expect(health.report()).toEqual({ status: 'degraded', ready: true, reasons: ['a waits', 'b waits'] });
    over.forEach((end) => end());
    expect(health.report().status).toBe('ok');
  });
});
