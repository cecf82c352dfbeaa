import { crc32c } from '@node-rs/crc32';
import { fieldAt, headerBytes } from './header.ts';

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

/** A linear map on 32 bits: column i is what bit i becomes. */
type Matrix = readonly number[];

/** Lengths are below 2^31 bytes. */
const lengthBits = 31;

/** For bit k of a length: the map "2^k zero bytes follow", cut into eight tables of 16 entries, one for each half byte. */
const appendTables = buildAppendTables();

function appendZeros(crc: number, bytes: number): number {
  let value = crc;
  for (let bit = 0; bytes >>> bit !== 0; bit += 1) {
    if (((bytes >>> bit) & 1) !== 0) {
      value = applyTables(bit * 128, value);
    }
  }
  return value >>> 0;
}

function applyTables(at: number, value: number): number {
  let result = 0;
  for (let nibble = 0; nibble < 8; nibble += 1) {
    result ^= appendTables[at + nibble * 16 + ((value >>> (nibble * 4)) & 15)] ?? 0;
  }
  return result;
}

function buildAppendTables(): Uint32Array {
  const tables = new Uint32Array(lengthBits * 128);
  let matrix = square(square(square(oneZeroBit())));
  for (let bit = 0; bit < lengthBits; bit += 1) {
    for (let entry = 0; entry < 128; entry += 1) {
      tables[bit * 128 + entry] = times(matrix, (entry & 15) << ((entry >>> 4) * 4));
    }
    matrix = square(matrix);
  }
  return tables;
}

function oneZeroBit(): Matrix {
  return [reversedPolynomial, ...Array.from({ length: 31 }, (_, bit) => (1 << bit) >>> 0)];
}

function times(matrix: Matrix, vector: number): number {
  return matrix.reduce((sum, column, bit) => (((vector >>> bit) & 1) === 0 ? sum : (sum ^ column) >>> 0), 0);
}

function square(matrix: Matrix): Matrix {
  return matrix.map((column) => times(matrix, column));
}
