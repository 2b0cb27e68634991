import { describe, expect, it } from '@jest/globals';
import { SettingsError } from '../errors.js';
import { replayRequest } from './replay-request.js';

const NOW = Date.parse('2026-11-25T12:00:00Z');
const request = (line: string) => replayRequest(line.split(' '), NOW);

describe('what is to be handled once more', () => {
  it('is a period, of all handlers unless some are named', () => {
    expect(request('--replay --from 2026-11-25T10:00:00Z --to 1h --handler MailCustomer --json')).toEqual({
      from: { time: Date.parse('2026-11-25T10:00:00Z') },
      to: { time: Date.parse('2026-11-25T11:00:00Z') },
      topics: [],
      handlers: ['MailCustomer'],
      dryRun: false,
      json: true,
      help: false,
    });
  });

  it('ends where the topics do, unless something else is said', () => {
    expect(request('--from beginning')).toMatchObject({ from: 'beginning', to: 'now' });
  });

  it('is a piece of one partition', () => {
    expect(request('--topic orders.order-placed.v1 --partition 3 --offset 17 --to-offset 20').offsets).toEqual({
      partition: 3,
      from: 17n,
      to: 20n,
    });
  });

  it.each([
    ['--replay', /--from is missing/],
    ['--from yesterday', /"yesterday" is no time: 2026/],
    ['--from 5', /"5" is no time/],
    ['--from 1h --to 2h', /--from 1h is not before --to 2h/],
    ['--from now', /--from now is not before/],
    ['--from 1h --offset 3', /leave one pair out/],
    ['--partition 1 --offset 3', /--topic, --partition and --offset are needed/],
    ['--topic t --partition 1 --offset -3', /a/],
    ['--topic t --partition 1 --offset x', /--offset is "x": a whole number/],
    ['--topic t --partition 1 --offset 3 --to-offset 3', /--to-offset 3 is not behind --offset 3/],
    ['--from 1h --fast', /Unknown option '--fast'/],
  ])('is refused in a sentence: %s', (line, sentence) => {
    expect(() => request(line)).toThrow(SettingsError);
    expect(() => request(line)).toThrow(sentence);
  });
});
