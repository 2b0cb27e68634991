import { describe, expect, it } from '@jest/globals';
import { decompress as unzstd } from 'fzstd';
import kafkajs from 'kafkajs';
import lz4js from 'lz4js';
import snappyjs from 'snappyjs';
import { lz4, snappy, TYPES, withEncoders, zstd } from './encoders.js';

const SIZES = [127, 128, 65_536, 200_000].map((size) => Buffer.alloc(size, 'poison'));

describe('frames that hold their bytes as they are', () => {
  it.each(SIZES)('are read by others’ decoders', (bytes) => {
    expect(Buffer.from(snappyjs.uncompress(snappy(bytes)))).toEqual(bytes);
    expect(Buffer.from(lz4js.decompress(lz4(bytes)))).toEqual(bytes);
    expect(Buffer.from(unzstd(zstd(bytes)))).toEqual(bytes);
  });
});

describe('codecs that are lent to kafkajs', () => {
  it('are gone when what was to be sent is sent, or failed', async () => {
    const before = { ...kafkajs.CompressionCodecs };
    const send = withEncoders(() => {
      expect(kafkajs.CompressionCodecs[TYPES.zstd]).not.toBe(before[TYPES.zstd]);
      return Promise.reject(new Error('no broker'));
    });

    await expect(send).rejects.toThrow('no broker');
    expect(kafkajs.CompressionCodecs).toEqual(before);
  });
});
