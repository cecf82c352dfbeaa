import { crc32c } from '@node-rs/crc32';
import { bytesBeforeLengthCounts, fieldAt, headerBytes, viewOf } from './header.ts';

/** The checksum of a batch covers byte 21 (attributes) to its end: CRC-32C, Castagnoli (RFC 3720, appendix B.4). */
export const crcFrom = fieldAt.attributes;

/** Bytes of the header that the checksum covers: 21 to 60. */
export const coveredHeaderBytes = headerBytes - crcFrom;

export function computeCrc(batch: Buffer): number {
  return crc32c(batch.subarray(crcFrom));
}

export function crcIsValid(batch: Buffer): boolean {
  return batch.readUInt32BE(fieldAt.crc) === computeCrc(batch);
}

/**
 * Whether the checksums of all batches in the bytes are right, where they stand one behind the other and their lengths fit.
 * One pass of native code over all of it instead of a call a batch: what the CRC of the whole must be follows from the
 * batches' own and from the bytes that those leave out, since crc(a, b) = shift(crc(a), bytes of b) xor crc(b).
 */
export function crcsAreValid(batches: Buffer): boolean {
  // First, since it brings all of it into the cache, faster than the look at the headers would.
  const actual = crc32c(batches);
  const view = viewOf(batches);
  let expected = 0;
  for (let at = 0; at < view.byteLength; ) {
    const covered = view.getInt32(at + fieldAt.batchLength) + bytesBeforeLengthCounts - crcFrom;
    expected = appendZeros(crcBehind(expected, batches, at, at + crcFrom), covered);
    expected ^= view.getInt32(at + fieldAt.crc);
    at += crcFrom + covered;
  }
  return expected >>> 0 === actual;
}

/** The checksum of what `crc` is of, and these bytes behind it. */
function crcBehind(crc: number, bytes: Uint8Array, from: number, to: number): number {
  let value = ~crc;
  let at = from;
  for (; at + 4 <= to; at += 4) {
    value =
      (fourTables[768 + ((value ^ (bytes[at] ?? 0)) & 0xff)] ?? 0) ^
      (fourTables[512 + (((value >>> 8) ^ (bytes[at + 1] ?? 0)) & 0xff)] ?? 0) ^
      (fourTables[256 + (((value >>> 16) ^ (bytes[at + 2] ?? 0)) & 0xff)] ?? 0) ^
      (fourTables[(value >>> 24) ^ (bytes[at + 3] ?? 0)] ?? 0);
  }
  for (; at < to; at += 1) value = zeroByte(value ^ (bytes[at] ?? 0));
  return ~value;
}

/**
 * The checksum after a change within the covered header, without a look at the records: a CRC is linear over GF(2), so
 * crc(new) = crc(old) xor shift(crc(difference), bytes behind it). O(log bytesBehind). A payload that was damaged before
 * stays as wrong as it was.
 *
 * @param crc the checksum before
 * @param difference bytes 21 to 60 of the old header xor those of the new one
 * @param bytesBehind bytes of the batch from byte 61 on
 */
export function patchCrc(crc: number, difference: Buffer, bytesBehind: number): number {
  // crc32c starts from and ends with all ones; the xor with the CRC of as many zeros takes both away.
  const linear = (crc32c(difference) ^ crcOfZeroHeader) >>> 0;
  return (crc ^ appendZeros(linear, bytesBehind)) >>> 0;
}

const crcOfZeroHeader = crc32c(Buffer.alloc(coveredHeaderBytes));

/** x^32 + ... of CRC-32C, bits reversed. */
const reversedPolynomial = 0x82f63b78;

/** What the lowest byte of a checksum becomes when a zero byte follows. */
const byteTable = Int32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit += 1) value = (value & 1) === 0 ? value >>> 1 : (value >>> 1) ^ reversedPolynomial;
  return value;
});

function zeroByte(value: number): number {
  return (byteTable[value & 0xff] ?? 0) ^ (value >>> 8);
}

/** What one byte of a checksum becomes when one, two, three and four zero bytes follow. */
const fourTables = Int32Array.from({ length: 1024 }, (_, index) => {
  let value = zeroByte(index & 0xff);
  for (let byte = index >>> 8; byte > 0; byte -= 1) value = zeroByte(value);
  return value;
});

/**
 * A linear map on 32 bits, cut into eight tables of 16 entries: what each half byte becomes. For each digit of a length to
 * base 64, and each value of it, the map "so many zero bytes follow". Lengths are below 2^31 bytes.
 */
const mapEntries = 128;
const digitBits = 6;
const lengthDigits = 6;
/** Made when they are needed first: a command that moves no records does without them. */
let appendMaps: Int32Array | undefined;

function appendZeros(crc: number, bytes: number): number {
  appendMaps ??= buildAppendMaps();
  let value = crc;
  let at = 0;
  for (let rest = bytes; rest !== 0; rest >>>= digitBits) {
    const digit = rest & (2 ** digitBits - 1);
    if (digit !== 0) value = applyMap(appendMaps, at + digit * mapEntries, value);
    at += 2 ** digitBits * mapEntries;
  }
  return value;
}

function applyMap(maps: Int32Array, at: number, value: number): number {
  return (
    (maps[at + (value & 15)] ?? 0) ^
    (maps[at + 16 + ((value >>> 4) & 15)] ?? 0) ^
    (maps[at + 32 + ((value >>> 8) & 15)] ?? 0) ^
    (maps[at + 48 + ((value >>> 12) & 15)] ?? 0) ^
    (maps[at + 64 + ((value >>> 16) & 15)] ?? 0) ^
    (maps[at + 80 + ((value >>> 20) & 15)] ?? 0) ^
    (maps[at + 96 + ((value >>> 24) & 15)] ?? 0) ^
    (maps[at + 112 + (value >>> 28)] ?? 0)
  );
}

function buildAppendMaps(): Int32Array {
  const maps = new Int32Array(lengthDigits * 2 ** digitBits * mapEntries);
  let one = mapOf(zeroByte);
  let at = 0;
  for (let digit = 0; digit < lengthDigits; digit += 1) {
    let map = mapOf((value) => value);
    for (let count = 0; count < 2 ** digitBits; count += 1) {
      maps.set(map, at);
      at += mapEntries;
      map = map.map((value) => applyMap(one, 0, value));
    }
    one = map;
  }
  return maps;
}

function mapOf(linear: (value: number) => number): Int32Array {
  return Int32Array.from({ length: mapEntries }, (_, entry) => linear((entry & 15) << ((entry >>> 4) * 4)));
}
