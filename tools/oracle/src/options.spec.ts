import { describe, expect, it } from '@jest/globals';
import { OracleError } from './oracle-error.js';
import { options } from './options.js';

describe('what is typed', () => {
  it('may be nothing: the whole shop is judged, within a minute and a half', () => {
    expect(options([])).toEqual({ help: false, json: false, waitMs: 90_000 });
  });

  it('names a time, a wait and a form', () => {
    expect(options(['--json', '--since', '2026-11-26T02:00:00Z', '--wait', '0'])).toEqual({
      ...{ help: false, json: true, waitMs: 0, since: new Date('2026-11-26T02:00:00Z') },
    });
  });

  it.each([
    [['--since', 'noon'], '--since is "noon"'],
    [['--wait', 'long'], '--wait is "long"'],
    [['--wait', ''], '--wait is ""'],
    [['--wait=-1'], '--wait is "-1"'],
    [['--wish'], "Unknown option '--wish'"],
  ])('is refused in a sentence where it is %j', (args, sentence) => {
    expect(() => options(args)).toThrow(OracleError);
    expect(() => options(args)).toThrow(sentence);
  });
});
