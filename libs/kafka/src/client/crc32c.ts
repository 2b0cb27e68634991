/** CRC-32C (Castagnoli), which each record batch carries. Source: RFC 3720, appendix B.4; reflected polynomial 0x82F63B78. */
const POLYNOMIAL = 0x82f63b78;

/** `TABLES[256 * n + byte]`: what a byte does to the sum when n more follow it, so that eight are taken at a time. */
const TABLES = new Int32Array(8 * 256);
for (let byte = 0; byte < 256; byte++) {
  let sum = byte;
  for (let bit = 0; bit < 8; bit++) sum = sum & 1 ? (sum >>> 1) ^ POLYNOMIAL : sum >>> 1;
  TABLES[byte] = sum;
}
for (let at = 256; at < TABLES.length; at++) {
  const before = TABLES[at - 256] as number;
  TABLES[at] = (before >>> 8) ^ (TABLES[before & 255] as number);
}

/**
 * The sum as an unsigned 32-bit number.
 * @param from first byte
 * @param to where it ends, exclusive
 */
export function crc32c(bytes: Uint8Array, from = 0, to = bytes.length): number {
  // Indices are within bounds by construction; `!` costs nothing at run time, a default would.
  const t = TABLES;
  let sum = -1;
  let at = from;
  for (; at + 8 <= to; at += 8) {
    const first = sum ^ (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24));
    sum =
      t[1792 + (first & 255)]! ^
      t[1536 + ((first >>> 8) & 255)]! ^
      t[1280 + ((first >>> 16) & 255)]! ^
      t[1024 + (first >>> 24)]! ^
      t[768 + bytes[at + 4]!]! ^
      t[512 + bytes[at + 5]!]! ^
      t[256 + bytes[at + 6]!]! ^
      t[bytes[at + 7]!]!;
  }
  for (; at < to; at++) sum = (sum >>> 8) ^ t[(sum ^ bytes[at]!) & 255]!;
  return ~sum >>> 0;
}
