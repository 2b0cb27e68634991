import { describe, expect, it } from '@jest/globals';
import { crc32c } from './crc32c.js';

describe('the sum of a record batch', () => {
  it.each([
    ['nothing', Buffer.alloc(0), 0x00000000],
    ['the check value of the catalogue of CRCs', Buffer.from('123456789'), 0xe3069283],
    ['32 bytes of zeroes', Buffer.alloc(32), 0x8a9136aa],
    ['32 bytes of ones', Buffer.alloc(32, 0xff), 0x62a8ab43],
    ['32 bytes, 0 to 31', Buffer.from(Array.from({ length: 32 }, (_, byte) => byte)), 0x46dd794e],
    ['32 bytes, 31 to 0', Buffer.from(Array.from({ length: 32 }, (_, byte) => 31 - byte)), 0x113fdb5c],
  ])('is that of the standard for %s', (_, bytes, sum) => {
    expect(crc32c(bytes)).toBe(sum);
  });

  it('is that of a part', () => {
    expect(crc32c(Buffer.from('xx123456789yyy'), 2, 11)).toBe(0xe3069283);
  });
});
