/**
 * The partition that Java's and kafkajs' default partitioners choose for a key: murmur2 of its bytes, sign bit cleared.
 * Source: `org.apache.kafka.common.utils.Utils#murmur2`.
 */
export function partitionOf(key: Buffer, partitions: number): number {
  return (murmur2(key) & 0x7fffffff) % partitions;
}

const M = 0x5bd1e995;

function murmur2(bytes: Buffer): number {
  const words = bytes.length >> 2;
  let hash = 0x9747b28c ^ bytes.length;
  for (let word = 0; word < words; word++) {
    let k = Math.imul(bytes.readInt32LE(word << 2), M);
    k = Math.imul(k ^ (k >>> 24), M);
    hash = Math.imul(hash, M) ^ k;
  }
  const rest = bytes.length & 3;
  if (rest > 0) {
    const at = words << 2;
    if (rest === 3) hash ^= byteAt(bytes, at + 2) << 16;
    if (rest >= 2) hash ^= byteAt(bytes, at + 1) << 8;
    hash = Math.imul(hash ^ byteAt(bytes, at), M);
  }
  hash = Math.imul(hash ^ (hash >>> 13), M);
  return hash ^ (hash >>> 15);
}

const byteAt = (bytes: Buffer, index: number): number => bytes[index] as number;
