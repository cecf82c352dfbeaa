import { snappyCompress, snappyDecompress } from '@platformatic/wasm-utils';

/**
 * Snappy as Kafka's Java client has it: the stream format of snappy-java ("xerial", `SnappyOutputStream.java`), a header
 * of 16 bytes and then blocks, each behind its compressed length (int32, big-endian). Some other clients write one raw
 * block without a header; Java reads that too, and so do we.
 */
const magic = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);

/** Magic, version 1, lowest version that can read it 1. */
const streamHeader = Buffer.concat([magic, Buffer.from([0, 0, 0, 1, 0, 0, 0, 1])]);

/** snappy-java's default block size, uncompressed bytes. */
const blockBytes = 32 * 1024;

const lengthBytes = 4;

export function compressSnappy(plain: Buffer): Buffer {
  const parts: Buffer[] = [streamHeader];
  for (let at = 0; at < plain.length; at += blockBytes) {
    const block = snappyCompress(plain.subarray(at, at + blockBytes));
    const length = Buffer.alloc(lengthBytes);
    length.writeInt32BE(block.length);
    parts.push(length, block);
  }
  return Buffer.concat(parts);
}

/** Throws an Error with the reason where the bytes are no snappy or more than `bytesMax` would come out. */
export function decompressSnappy(compressed: Buffer, bytesMax: number): Buffer {
  if (!compressed.subarray(0, magic.length).equals(magic)) {
    return decompressBlock(compressed, bytesMax);
  }
  const parts: Buffer[] = [];
  let left = bytesMax;
  let at = streamHeader.length;
  while (at < compressed.length) {
    const length = compressed.length - at < lengthBytes ? -1 : compressed.readInt32BE(at);
    at += lengthBytes;
    if (length < 0 || length > compressed.length - at) {
      throw new Error('a snappy block is longer than what is there');
    }
    const part = decompressBlock(compressed.subarray(at, at + length), left);
    parts.push(part);
    left -= part.length;
    at += length;
  }
  return Buffer.concat(parts);
}

/** A raw block says its uncompressed length first (format_description.txt of google/snappy), before a byte is allocated. */
function decompressBlock(block: Buffer, bytesMax: number): Buffer {
  if (plainLength(block) > bytesMax) {
    throw new Error(`more than ${bytesMax} bytes would come out`);
  }
  return snappyDecompress(block);
}

/** A little-endian varint of at most 5 bytes. */
function plainLength(block: Buffer): number {
  let value = 0;
  for (let i = 0; i < 5; i += 1) {
    const byte = block[i];
    if (byte === undefined) {
      break;
    }
    value += (byte & 0x7f) * 128 ** i;
    if (byte < 0x80) {
      return value;
    }
  }
  throw new Error('a snappy block without its length');
}
