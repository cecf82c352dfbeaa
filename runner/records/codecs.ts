import { gunzipSync, gzipSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import type { Codec } from './header.ts';
import { compressLz4, decompressLz4 } from './lz4.ts';
import { compressSnappy, decompressSnappy } from './snappy.ts';

/**
 * The most that one batch may decompress to. Kafka knows no such limit; its producers fill batches of `batch.size` (16 KiB
 * by default, rarely above 1 MiB) before compression, so this stops bombs and nothing else.
 */
export const decompressedBytesMax = 128 * 1024 * 1024;

interface Compression {
  compress(plain: Buffer): Buffer;
  /** Throws an Error where the bytes are damaged or would give more than `bytesMax`. */
  decompress(compressed: Buffer, bytesMax: number): Buffer;
}

/** Levels are the libraries' defaults, which are Kafka's too (gzip 6, zstd 3; KIP-780). */
const compressions = {
  none: { compress: (plain) => plain, decompress: (compressed) => compressed },
  gzip: {
    compress: (plain) => gzipSync(plain),
    decompress: (compressed, bytesMax) => gunzipSync(compressed, growth(compressed, bytesMax)),
  },
  snappy: { compress: compressSnappy, decompress: decompressSnappy },
  lz4: { compress: compressLz4, decompress: decompressLz4 },
  zstd: {
    compress: (plain) => zstdCompressSync(plain),
    decompress: (compressed, bytesMax) => zstdDecompressSync(compressed, growth(compressed, bytesMax)),
  },
} satisfies Record<Codec, Compression>;

/** The records of a batch (what stands behind its header) compressed as Kafka's Java client reads them. */
export function compress(codec: Codec, plain: Buffer): Buffer {
  return compressions[codec].compress(plain);
}

/** The opposite; throws an Error where the bytes are damaged or would give more than `bytesMax` bytes. */
export function decompress(codec: Codec, compressed: Buffer, bytesMax = decompressedBytesMax): Buffer {
  return compressions[codec].decompress(compressed, bytesMax);
}

/** Output grows in chunks; a guess of the whole saves most of them. */
function growth(compressed: Buffer, bytesMax: number): { chunkSize: number; maxOutputLength: number } {
  const chunkSize = Math.min(Math.max(compressed.length * 4, chunkBytesMin), chunkBytesMax);
  return { chunkSize, maxOutputLength: bytesMax };
}

const chunkBytesMin = 8 * 1024;
const chunkBytesMax = 1024 * 1024;
