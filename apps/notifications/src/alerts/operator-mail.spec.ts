import { describe, expect, it } from '@jest/globals';
import type { Alert, HeardDeadLetter } from './alert.js';
import { operatorMail } from './operator-mail.js';

const alert = (count: number, facts: Partial<HeardDeadLetter> = {}): Alert => ({
  first: {
    service: 'billing',
    id: '3/17',
    at: new Date('2026-11-25T12:03:05Z'),
    code: 'NO_PRICE',
    topic: 'orders.order-placed.v1',
    handler: 'Charge.handle',
    attempts: 6,
    redrives: 0,
    place: 'partition 5, offset 12',
    key: 'order-7',
    error: 'no price for tea',
    ...facts,
  },
  count,
  until: new Date('2026-11-25T12:04:01Z'),
});

describe('a mail to the operator', () => {
  it('says of one dead letter what is needed to find it, and how to look at it', () => {
    expect(operatorMail(alert(1), 60_000)).toEqual({
      subject: 'billing: 1 dead letter, NO_PRICE',
      text: `billing gave up on messages of orders.order-placed.v1: NO_PRICE.

  when      2026-11-25 12:03:05 UTC
  handler   Charge.handle
  attempts  6
  message   orders.order-placed.v1, partition 5, offset 12
  key       order-7
  error     no price for tea

Look at it, and at all of them:

  npm run -s dead-letters -- show 3/17 --service billing
  npm run -s dead-letters -- list --service billing --where code=NO_PRICE --where topic=orders.order-placed.v1

What comes of this within 60 s is told in one mail after that.
`,
    });
  });

  it('says of several how many more there are, and from when to when', () => {
    const { subject, text } = operatorMail(alert(42, { redrives: 2 }), 60_000);

    expect(subject).toBe('billing: 42 dead letters, NO_PRICE');
    expect(text).toContain('And 41 more since 2026-11-25 12:03:05 UTC, the last at 2026-11-25 12:04:01 UTC.');
    expect(text).toContain('  attempts  6, redriven before: 2\n');
  });

  it('says of one that tells nothing that it does not', () => {
    const nothing = { code: '', topic: '', handler: '', key: '', error: '' };

    const { subject, text } = operatorMail(alert(1, nothing), 60_000);

    expect(subject).toBe('billing: 1 dead letter, no code');
    expect(text).toContain('billing gave up on messages of an unknown topic: it does not say why.');
    expect(text).toContain('list --service billing\n');
  });

  it('holds commands that do what they say, whatever somebody wrote into a header', () => {
    const { text } = operatorMail(alert(1, { code: "NO'; rm -rf $HOME; `x`" }), 60_000);

    expect(text).toContain(`--where 'code=NO'\\''; rm -rf $HOME; \`x\`' --where topic=`);
  });
});
