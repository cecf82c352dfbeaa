/**
 * Zigzag varints of record batches, as in Kafka's `ByteUtils.java`: seven bits a byte, lowest first, at most 5 bytes for
 * an int32 and 10 for an int64. Numbers where they are exact, bigint beyond.
 */

/** Something to read from; the position moves. Bytes behind the end read as zeros: callers compare positions with limits. */
export interface ByteReader {
  readonly bytes: Uint8Array;
  position: number;
}

/** Largest int64 (as a distance from 0) that the number functions take and give; beyond, the bigint ones. */
export const exactVarlongMax = 2 ** 51;

const varintBytesMax = 5;
const varlongBytesMax = 10;

/** An int32, or NaN where no varint ends within 5 bytes: every comparison with it is false. */
export function readVarint(reader: ByteReader): number {
  const { bytes } = reader;
  let at = reader.position;
  let byte = bytes[at++] ?? 0;
  let value = byte & 0x7f;
  for (let shift = 7; byte >= 0x80; shift += 7) {
    if (shift >= varintBytesMax * 7) {
      return Number.NaN;
    }
    byte = bytes[at++] ?? 0;
    value |= (byte & 0x7f) << shift;
  }
  reader.position = at;
  return (value >>> 1) ^ -(value & 1);
}

/** An int64 no further than `exactVarlongMax` from 0; NaN for one beyond (see `varlongAt`) and where none ends. */
export function readVarlong(reader: ByteReader): number {
  const { bytes } = reader;
  let at = reader.position;
  let byte = bytes[at++] ?? 0;
  let value = byte & 0x7f;
  let factor = 1;
  let length = 1;
  while (byte >= 0x80 && length < varlongBytesMax) {
    byte = bytes[at++] ?? 0;
    factor *= 128;
    value += (byte & 0x7f) * factor;
    length += 1;
  }
  reader.position = at;
  if (byte >= 0x80 || value > 2 * exactVarlongMax) {
    return Number.NaN;
  }
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}

/** Any int64; null where no varint ends within 10 bytes. */
export function varlongAt(bytes: Uint8Array, at: number): bigint | null {
  let value = 0n;
  for (let length = 0; length < varlongBytesMax; length += 1) {
    const byte = bytes[at + length] ?? 0;
    value |= BigInt(byte & 0x7f) << BigInt(7 * length);
    if (byte < 0x80) {
      return BigInt.asIntN(64, (value >> 1n) ^ -(value & 1n));
    }
  }
  return null;
}

export function varintBytes(value: number): number {
  const zigzag = ((value << 1) ^ (value >> 31)) >>> 0;
  return zigzag < 0x80 ? 1 : zigzag < 0x4000 ? 2 : zigzag < 0x200000 ? 3 : zigzag < 0x10000000 ? 4 : 5;
}

/** Writes an int32 and gives the position behind it. */
export function writeVarint(out: Uint8Array, position: number, value: number): number {
  let at = position;
  let rest = ((value << 1) ^ (value >> 31)) >>> 0;
  while (rest >= 0x80) {
    out[at++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  out[at++] = rest;
  return at;
}

/** Bytes of an int64 no further than `exactVarlongMax` from 0. */
export function varlongBytes(value: number): number {
  let rest = value < 0 ? -2 * value - 1 : 2 * value;
  let length = 1;
  while (rest >= 0x80) {
    rest = Math.floor(rest / 128);
    length += 1;
  }
  return length;
}

/** Writes an int64 no further than `exactVarlongMax` from 0 and gives the position behind it. */
export function writeVarlong(out: Uint8Array, position: number, value: number): number {
  let at = position;
  let rest = value < 0 ? -2 * value - 1 : 2 * value;
  while (rest >= 0x80) {
    out[at++] = (rest % 128) | 0x80;
    rest = Math.floor(rest / 128);
  }
  out[at++] = rest;
  return at;
}

/** Writes any int64 and gives the position behind it. */
export function writeBigVarlong(out: Uint8Array, position: number, value: bigint): number {
  let at = position;
  let rest = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n));
  while (rest >= 0x80n) {
    out[at++] = Number(rest & 0x7fn) | 0x80;
    rest >>= 7n;
  }
  out[at++] = Number(rest);
  return at;
}
