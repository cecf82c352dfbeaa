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
