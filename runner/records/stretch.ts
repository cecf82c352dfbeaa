import { attributeBits, bytesBeforeLengthCounts, fieldAt, headerBytes, viewOf } from './header.ts';

/**
 * A stretch: neighbours of a log in one buffer, handled as one where an object for each would cost more than the bytes.
 * All are small plain data batches (no codec, CreateTime) of one leader epoch, and their offsets follow each other without a gap. Lengths are
 * checked, contents and CRCs not.
 */
export interface StretchLimits {
  /** Batches are smaller than this ... */
  readonly batchBytesBelow: number;
  /** ... and together not larger. */
  readonly bytesMax: number;
  /** Whether batches of transactions are taken: only where none of them was aborted. */
  readonly transactional: boolean;
}

/** Where the stretch that begins at `from` ends: `from` where the batch there is none, or the only one. */
export function stretchEnd(records: DataView, from: number, limits: StretchLimits): number {
  const kept = limits.transactional ? ~attributeBits.transactional : ~0;
  if (records.byteLength - from < headerBytes) return from;
  const high = records.getInt32(from);
  let low = records.getUint32(from + 4);
  const leaderEpoch = records.getInt32(from + fieldAt.leaderEpoch);
  let count = 0;
  let at = from;
  for (; records.byteLength - at >= headerBytes; count += 1) {
    const length = records.getInt32(at + fieldAt.batchLength) + bytesBeforeLengthCounts;
    if (length < headerBytes || length >= limits.batchBytesBelow || length > records.byteLength - at) break;
    if (at + length - from > limits.bytesMax || records.getInt8(at + fieldAt.magic) !== 2) break;
    if ((records.getInt16(at + fieldAt.attributes) & kept) !== 0) break;
    const recordCount = records.getInt32(at + fieldAt.recordCount);
    if (recordCount <= 0 || records.getInt32(at + fieldAt.lastOffsetDelta) !== recordCount - 1) break;
    if (records.getInt32(at) !== high || records.getUint32(at + 4) !== low) break;
    if (records.getInt32(at + fieldAt.leaderEpoch) !== leaderEpoch) break;
    low += recordCount;
    at += length;
  }
  return count > 1 ? at : from;
}

/** Of what `splitBatches` gives: several batches. */
export function isStretch(batch: Buffer): boolean {
  return batch.readInt32BE(fieldAt.batchLength) + bytesBeforeLengthCounts < batch.length;
}

export function recordsOfStretch(stretch: Buffer): number {
  const view = viewOf(stretch);
  let count = 0;
  for (let at = 0; at < view.byteLength; ) {
    count += view.getInt32(at + fieldAt.recordCount);
    at += view.getInt32(at + fieldAt.batchLength) + bytesBeforeLengthCounts;
  }
  return count;
}
