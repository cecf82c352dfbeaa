import { createHash, type Hash, hash } from 'node:crypto';
import { crc32c } from '@node-rs/crc32';
import { attributeBits, fieldAt, viewOf } from '../records/header.ts';
import { type RecordCursor, timestampOf } from '../records/record-cursor.ts';

/**
 * A digest of what stands on both sides, in parts that form a chain: after each part `sha256(chain before, sha256(part))`,
 * from 32 zeros on. Parts end where batches of the source begin (`partOffsets`), so that a later run can go on with
 * the chain. Of a part are hashed, in order, length and CRC-32C
 * (int32 each, big-endian) of pieces of this:
 *
 * - of batches that both sides store alike: codec and timestamp type, the header's fields about offsets, times and counts,
 *   and the records as they are stored;
 * - else of each record: its timestamp (int64, big-endian, ms) and the bytes of its key, value and headers.
 *
 * So both digests are equal where the contents are, and the same again as long as the logs are: it tells runs apart, and
 * does not stand in for the comparison. A checksum is computed at several times the speed of a SHA-256 of it all. While
 * the sides are equal one hash serves both.
 */
export interface PairDigest {
  /** A batch that both sides store alike, as one of them stores it. */
  addStored(batch: Buffer): void;
  /** A record that both sides have; `baseTime` is what its timestamp delta counts from, NaN where a number does not hold it. */
  addRecord(cursor: RecordCursor, baseTime: number): void;
  /** A record of one side. */
  addRecordOf(side: PairSide, cursor: RecordCursor): void;
  /** Bytes of one side, or of both. */
  addBytes(side: PairSide | 'both', bytes: Buffer): void;
  endPart(): void;
  /** Of the parts that have ended, as hexadecimal text. */
  readonly chain: PairChain;
  /** Ends the last part; call it last. */
  finish(): PairChain;
}

export type PairSide = 'source' | 'target';
export type PairChain = Readonly<Record<PairSide, string>>;

export const emptyChain: PairChain = { source: '0'.repeat(64), target: '0'.repeat(64) };

/** Small pieces are gathered to one. */
const chunkBytes = 65_536;
const timestampBytes = 8;
const storedAttributes = attributeBits.codec | attributeBits.logAppendTime;

export function createPairDigest(before: PairChain = emptyChain): PairDigest {
  let chain = before;
  const chunk = Buffer.allocUnsafe(chunkBytes);
  let source = createPart(chunk);
  /** Of its own from the first difference of a part on. */
  let target = source;

  function part(side: PairSide): PartHash {
    if (target === source) target = source.copy();
    return side === 'source' ? source : target;
  }

  function both(add: (one: PartHash) => void): void {
    add(source);
    if (target !== source) add(target);
  }

  function endPart(): void {
    if (source.isEmpty && target.isEmpty) return;
    const ofSource = source.finish();
    const ofTarget = target === source ? ofSource : target.finish();
    chain = { source: linked(chain.source, ofSource), target: linked(chain.target, ofTarget) };
    source = createPart(chunk);
    target = source;
  }

  return {
    addStored: (batch) => both((one) => one.addStored(batch)),
    addRecord(cursor, baseTime) {
      source.addRecord(cursor, baseTime);
      if (target !== source) target.addRecord(cursor, baseTime);
    },
    addRecordOf: (side, cursor) => part(side).addRecord(cursor, Number.NaN),
    addBytes(side, bytes) {
      if (side === 'both') both((one) => one.addBytes(bytes, 0, bytes.length));
      else part(side).addBytes(bytes, 0, bytes.length);
    },
    endPart,
    get chain() {
      return chain;
    },
    finish() {
      endPart();
      return chain;
    },
  };
}

function linked(chain: string, part: Buffer): string {
  return hash('sha256', Buffer.concat([Buffer.from(chain, 'hex'), part]), 'hex');
}

interface PartHash {
  readonly isEmpty: boolean;
  addStored(batch: Buffer): void;
  addRecord(cursor: RecordCursor, baseTime: number): void;
  addBytes(bytes: Buffer, from: number, to: number): void;
  copy(): PartHash;
  finish(): Buffer;
}

function createPart(chunk: Buffer, part: Hash = createHash('sha256'), empty = true): PartHash {
  const view = viewOf(chunk);
  const checksum = Buffer.allocUnsafe(8);
  let filled = 0;
  let isEmpty = empty;

  function addPiece(piece: Buffer): void {
    checksum.writeInt32BE(piece.length, 0);
    checksum.writeUInt32BE(crc32c(piece), 4);
    part.update(checksum);
  }

  function flush(): void {
    if (filled > 0) addPiece(chunk.subarray(0, filled));
    filled = 0;
  }

  function addBytes(bytes: Buffer, from: number, to: number): void {
    isEmpty = false;
    if (filled + to - from > chunkBytes) flush();
    if (to - from > chunkBytes) addPiece(bytes.subarray(from, to));
    else filled += bytes.copy(chunk, filled, from, to);
  }

  return {
    get isEmpty() {
      return isEmpty;
    },
    addStored(batch) {
      if (filled + 2 > chunkBytes) flush();
      filled = chunk.writeInt16BE(batch.readInt16BE(fieldAt.attributes) & storedAttributes, filled);
      addBytes(batch, fieldAt.lastOffsetDelta, fieldAt.producerId);
      addBytes(batch, fieldAt.recordCount, batch.length);
    },
    addRecord(cursor, baseTime) {
      if (filled + timestampBytes > chunkBytes) flush();
      const time = baseTime + cursor.timestampDelta;
      if (Number.isNaN(time)) view.setBigInt64(filled, timestampOf(cursor));
      else {
        const high = Math.floor(time / 2 ** 32);
        view.setInt32(filled, high);
        view.setUint32(filled + 4, time - high * 2 ** 32);
      }
      filled += timestampBytes;
      addBytes(cursor.bytes, cursor.bodyFrom, cursor.bodyTo);
    },
    addBytes,
    copy() {
      flush();
      return createPart(Buffer.allocUnsafe(chunkBytes), part.copy(), isEmpty);
    },
    finish() {
      flush();
      return part.digest();
    },
  };
}
