import { describe, expect, it } from '@jest/globals';
import kafkajs from 'kafkajs';
import { readEveryCodec } from './decoders.js';
import { lz4, snappy, TYPES, withEncoders, zstd } from './encoders.js';

const SIZES = [127, 128, 65_536, 200_000].map((size) => Buffer.alloc(size, 'poison'));

describe('frames that hold their bytes as they are', () => {
  it.each(SIZES)('are read by others’ decoders', async (bytes) => {
    readEveryCodec();

    for (const [name, encode] of Object.entries({ snappy, lz4, zstd })) {
      const codec = kafkajs.CompressionCodecs[TYPES[name as keyof typeof TYPES]]() as Decoder;
      expect(await codec.decompress(encode(bytes))).toEqual(bytes);
    }
  });
});

interface Decoder {
  decompress(bytes: Buffer): Promise<Buffer>;
}

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
