import * as zlib from 'node:zlib';
import { decompress as zstdDecompress } from 'fzstd';
import kafkajs from 'kafkajs';
import lz4 from 'lz4js';
import snappy from 'snappyjs';

/** Snappy as Java's clients write it: this header, 8 bytes of versions, then blocks with their length before them. */
const XERIAL = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);

/** kafkajs' own, which is there from the start. */
const { [kafkajs.CompressionTypes.GZIP]: builtInGzip } = kafkajs.CompressionCodecs as Record<number, () => Codec>;

interface Codec {
  compress(encoder: unknown): Promise<Buffer>;
  decompress(bytes: Buffer): Promise<Buffer>;
}

/**
 * Registers decoders for snappy, lz4 and zstd; gzip is built in. A record in a codec that kafkajs does not know ends its
 * consumer for good, and a restart meets the same record. We write uncompressed, so encoding is refused with a sentence.
 */
export function registerCodecs(): void {
  const { CompressionCodecs, CompressionTypes } = kafkajs;
  const gzip = builtInGzip?.();
  if (gzip) {
    CompressionCodecs[CompressionTypes.GZIP] = () => ({
      ...gzip,
      decompress: decoding('gzip', (bytes) => gzip.decompress(bytes)),
    });
  }
  CompressionCodecs[CompressionTypes.Snappy] = decoder('snappy', unsnappy);
  CompressionCodecs[CompressionTypes.LZ4] = decoder('lz4', (bytes) => lz4.decompress(bytes));
  CompressionCodecs[CompressionTypes.ZSTD] = decoder('zstd', unzstd);
}

const decoder = (codec: string, decompress: (bytes: Buffer) => Uint8Array) => (): Codec => ({
  compress: () => Promise.reject(new Error(`This package reads ${codec}, it does not write it; send uncompressed.`)),
  decompress: decoding(codec, decompress),
});

/**
 * Bytes that can't be decoded now can't be decoded later: kafkajs would crash and restart on them for ever, and health
 * would say that it reconnects. It can't say which partition they are of either; so the consumer ends, with the reason.
 */
const decoding =
  (codec: string, decompress: (bytes: Buffer) => Uint8Array | Promise<Uint8Array>) =>
  async (bytes: Buffer): Promise<Buffer> => {
    try {
      return Buffer.from(await decompress(bytes));
    } catch (error) {
      throw new kafkajs.KafkaJSNonRetriableError(`a ${codec} batch can't be decoded: ${(error as Error).message}`);
    }
  };

function unsnappy(bytes: Buffer): Uint8Array {
  if (!bytes.subarray(0, XERIAL.length).equals(XERIAL)) return snappy.uncompress(bytes);
  const blocks: Uint8Array[] = [];
  for (let at = 16; at < bytes.length;) {
    const length = bytes.readUInt32BE(at);
    blocks.push(snappy.uncompress(bytes.subarray(at + 4, at + 4 + length)));
    at += 4 + length;
  }
  return Buffer.concat(blocks);
}

/** Node has zstd from 22.15 on. */
function unzstd(bytes: Buffer): Uint8Array {
  const native = (zlib as { zstdDecompressSync?: (bytes: Buffer) => Buffer }).zstdDecompressSync;
  return native ? native(bytes) : zstdDecompress(bytes);
}
