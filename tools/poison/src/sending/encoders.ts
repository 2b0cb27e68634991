import kafkajs from 'kafkajs';
import type { Codec } from './way.js';

const { CompressionCodecs, CompressionTypes } = kafkajs;

/** kafkajs' names for them. */
export const TYPES = {
  gzip: CompressionTypes.GZIP,
  snappy: CompressionTypes.Snappy,
  lz4: CompressionTypes.LZ4,
  zstd: CompressionTypes.ZSTD,
} as const satisfies Record<Codec, number>;

/** Node compresses in none of these. What is stored in their frames as it is, every decoder has to read. */
const ENCODERS = { snappy, lz4, zstd };

/**
 * Lets kafkajs write in all codecs while `work` runs, and then as before: its list of codecs is one for all clients of a
 * process, and a consumer that finds one there can read with it.
 */
export async function withEncoders(work: () => Promise<void>): Promise<void> {
  const names = Object.keys(ENCODERS) as (keyof typeof ENCODERS)[];
  const before = names.map((name) => [TYPES[name], CompressionCodecs[TYPES[name]]] as const);
  for (const name of names) {
    const compress = ({ buffer }: { buffer: Buffer }) => Promise.resolve(ENCODERS[name](buffer));
    CompressionCodecs[TYPES[name]] = () => ({ compress });
  }
  try {
    await work();
  } finally {
    for (const [type, codec] of before) CompressionCodecs[type] = codec;
  }
}

/** Source: github.com/google/snappy, format_description.txt. The length as a varint, then literals. */
export function snappy(bytes: Buffer): Buffer {
  const length: number[] = [];
  let rest = bytes.length;
  for (; rest > 127; rest >>>= 7) length.push((rest & 127) | 128);
  const literals = blocksOf(bytes, 65_536).flatMap((block) => [Buffer.from([0xf4, ...le(block.length - 1, 2)]), block]);
  return Buffer.concat([Buffer.from([...length, rest]), ...literals]);
}

/** Source: github.com/lz4/lz4, lz4_Frame_format.md. Independent blocks of 64 KB, each marked as stored. */
export function lz4(bytes: Buffer): Buffer {
  const blocks = blocksOf(bytes, 65_536).flatMap((block) => [
    Buffer.from(le((block.length | 0x8000_0000) >>> 0, 4)),
    block,
  ]);
  return Buffer.concat([Buffer.from([0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x82]), ...blocks, Buffer.alloc(4)]);
}

/** Source: RFC 8878. One segment with its size in four bytes, blocks of the type `raw`. */
export function zstd(bytes: Buffer): Buffer {
  const blocks = blocksOf(bytes, 65_536);
  const framed = blocks.flatMap((block, index) => {
    const isLast = index === blocks.length - 1 ? 1 : 0;
    return [Buffer.from(le((block.length << 3) | isLast, 3)), block];
  });
  return Buffer.concat([Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0xa0, ...le(bytes.length, 4)]), ...framed]);
}

const blocksOf = (bytes: Buffer, size: number): Buffer[] =>
  Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
    bytes.subarray(index * size, (index + 1) * size),
  );

/** Little endian. */
const le = (value: number, length: number): number[] =>
  Array.from({ length }, (_, index) => Math.floor(value / 256 ** index) % 256);
