import { describe, expect, it } from '@jest/globals';
import { setClock } from '../testing/set-clock.js';
import { untilDeadline } from './until-deadline.js';

const away = (): Error => Object.assign(new Error('ECONNREFUSED'), { name: 'KafkaJSConnectionError' });

describe('what is tried until a deadline', () => {
  it('is tried again while the way to the broker fails', async () => {
    let tries = 0;

    const answer = await untilDeadline(5_000, () => (++tries < 3 ? Promise.reject(away()) : Promise.resolve('there')));

    expect(answer).toBe('there');
  });

  it('fails with the last failure when the time is up', async () => {
    await expect(untilDeadline(50, () => Promise.reject(away()))).rejects.toThrow('ECONNREFUSED');
  });

  it('fails when the time is up although the clock is set back', async () => {
    const answer = untilDeadline(50, () => Promise.reject(away()));

    const setRight = setClock(-3_600_000);

    await expect(answer.finally(setRight)).rejects.toThrow('ECONNREFUSED');
  });

  it('fails when the time is up although a try hangs', async () => {
    await expect(untilDeadline(50, () => new Promise(() => undefined))).rejects.toThrow('no answer within 50 ms');
  });

  it('fails with what was answered before, where the last try is cut short', async () => {
    let tries = 0;
    const answers = () => (++tries === 1 ? Promise.reject(away()) : new Promise(() => undefined));

    await expect(untilDeadline(200, answers)).rejects.toThrow('ECONNREFUSED');
  });

  it('fails at once with anything else', async () => {
    let tries = 0;

    await expect(
      untilDeadline(5_000, () => {
        tries++;
        return Promise.reject(new Error('not authorised'));
      }),
    ).rejects.toThrow('not authorised');
    expect(tries).toBe(1);
  });
});
