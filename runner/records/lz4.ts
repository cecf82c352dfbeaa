import { lz4Compress, lz4Decompress } from '@platformatic/wasm-utils';

/**
 * LZ4 in its frame format (lz4_Frame_format.md): independent blocks and no content checksum, which Kafka's
 * `Lz4BlockInputStream.java` reads.
 */
export function compressLz4(plain: Buffer): Buffer {
  return lz4Compress(plain);
}

/**
 * Throws an Error with the reason where the bytes are no frame or more than `bytesMax` could come out. Each damaged frame
 * costs memory of the WebAssembly module for the life of the process: stop at the first, as for every corrupt batch.
 */
export function decompressLz4(compressed: Buffer, bytesMax: number): Buffer {
  if (plainBytesMax(compressed) > bytesMax) {
    throw new Error(`more than ${bytesMax} bytes could come out`);
  }
  return lz4Decompress(compressed);
}

const frameMagic = 0x184d2204;
/** FLG bits of the frame descriptor. */
const flags = { blockChecksum: 1 << 4, contentSize: 1 << 3, dictionaryId: 1 } as const;
/** The top bit of a block's size: stored as it is. */
const storedBit = 0x80000000;
/** A length byte of the block format stands for at most 255 bytes, so no block grows by more than this factor. */
const ratioMax = 255;

/** An upper bound of what a frame can give, from its block sizes alone: nothing is allocated for a bomb. */
function plainBytesMax(frame: Buffer): number {
  if (frame.length < 7 || frame.readUInt32LE(0) !== frameMagic) {
    throw new Error('no lz4 frame');
  }
  const flag = frame.readUInt8(4);
  const blockBytesMax = 1 << (8 + 2 * ((frame.readUInt8(5) >>> 4) & 7));
  const checksumBytes = (flag & flags.blockChecksum) === 0 ? 0 : 4;
  let at = 7 + ((flag & flags.contentSize) === 0 ? 0 : 8) + ((flag & flags.dictionaryId) === 0 ? 0 : 4);
  let bytesMax = 0;
  while (frame.length - at >= 4) {
    const size = frame.readUInt32LE(at);
    if (size === 0) {
      return bytesMax;
    }
    const length = size % storedBit;
    bytesMax += size >= storedBit ? length : Math.min(blockBytesMax, length * ratioMax);
    at += 4 + length + checksumBytes;
  }
  throw new Error('an lz4 frame without its end');
}

const headerChecksumBytes = 1;

/** A frame with its header checksum as lz4_Frame_format.md wants it: a byte of the XXH32 of the descriptor. */
export function repairLz4Header(frame: Buffer): Buffer {
  if (frame.length < 7) {
    throw new Error('no lz4 frame');
  }
  const flag = frame.readUInt8(4);
  const descriptorTo = 6 + ((flag & flags.contentSize) === 0 ? 0 : 8) + ((flag & flags.dictionaryId) === 0 ? 0 : 4);
  if (frame.length < descriptorTo + headerChecksumBytes) {
    throw new Error('an lz4 frame shorter than its header');
  }
  const repaired = Buffer.from(frame);
  repaired[descriptorTo] = (xxh32OfShort(frame.subarray(4, descriptorTo)) >>> 8) & 0xff;
  return repaired;
}

/** XXH32 (xxhash_spec.md) with seed 0 of less than 16 bytes. */
function xxh32OfShort(bytes: Buffer): number {
  const [prime1, prime2, prime3, prime4, prime5] = [
    0x9e3779b1, 0x85ebca77, 0xc2b2ae3d, 0x27d4eb2f, 0x165667b1,
  ] as const;
  const rotated = (value: number, by: number) => (value << by) | (value >>> (32 - by));
  let hash = (prime5 + bytes.length) | 0;
  let at = 0;
  for (; at + 4 <= bytes.length; at += 4) {
    hash = Math.imul(rotated((hash + Math.imul(bytes.readUInt32LE(at), prime3)) | 0, 17), prime4);
  }
  for (; at < bytes.length; at += 1) {
    hash = Math.imul(rotated((hash + Math.imul(bytes.readUInt8(at), prime5)) | 0, 11), prime1);
  }
  hash = Math.imul(hash ^ (hash >>> 15), prime2);
  hash = Math.imul(hash ^ (hash >>> 13), prime3);
  return (hash ^ (hash >>> 16)) >>> 0;
}
