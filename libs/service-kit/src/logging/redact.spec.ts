import { describe, expect, it } from '@jest/globals';
import { redact } from './redact.js';

describe('a text that goes into a log', () => {
  it.each([
    ['mail to ada.lovelace+shop@customers.example failed', 'mail to [mail] failed'],
    ['to ada@müller.de', 'to [mail]'],
    ['to jürgen@x.de', 'to [mail]'],
    ["to o'brien@x.ie", 'to [mail]'],
    ['to a/b@x.de', 'to [mail]'],
    ["<ada@x.de>, 'ada@x.de' and (ada@x.de)", "<[mail]>, '[mail]' and ([mail])"],
    ['{"customerEmail":"ada@x.de"}', '{"customerEmail":"[mail]"}'],
    ['card tok_visa, card tok_1NG8Du2eZ', 'card [card], card [card]'],
    ['4111111111111111', '[card]'],
    ['card=4111 1111 1111 1111!', 'card=[card]!'],
    ['4111-1111-1111-1111', '[card]'],
    ['postgres://shop:s3cret@127.0.0.1:5432/orders', 'postgres://[credentials]@127.0.0.1:5432/orders'],
    ['smtp://ada%40x.example:pw@mail.example:25', 'smtp://[credentials]@mail.example:25'],
  ])('%s is written as %s', (text, written) => {
    expect(redact(text)).toBe(written);
  });

  it.each([
    'order 3f1c2a64-2f0e-4d0b-9a53-6c1de2a6b4f7 of 1840 EUR',
    'order 12345678-1234-4234-8234-123456789012',
    'partition 3, offset 123456789012',
    'at 2026-11-23T21:15:53.904Z',
    'http://127.0.0.1:3000/orders',
    'the broker 127.0.0.1:9092 does not answer',
    '@fieldguide/kafka at /node_modules/@nestjs/core/index.js:3:7',
  ])('%s is written as it is', (text) => {
    expect(redact(text)).toBe(text);
  });
});
