import { CorruptBatchError } from './corrupt-batch.ts';
import { bytesBeforeLengthCounts, fieldAt, headerBytes, viewOf } from './header.ts';
import { isLegacy, legacyLength, upconvert } from './legacy.ts';
import { isStretch, type StretchLimits, stretchEnd } from './stretch.ts';

/** What a records field of a Fetch answer holds. */
export interface SplitRecords {
  /**
   * In order, each a whole record batch v2 by its length field: views, contents and CRC not checked; or copies, checked,
   * of messages of magic 0 and 1 (before Kafka 0.11), which come as batches v2. With `stretches`, also views of several.
   */
  readonly batches: readonly Buffer[];
  /** Bytes at the end that are no whole batch: a broker cuts at its byte limit (KIP-74). With no batch at all, fetch more. */
  readonly cutBytes: number;
}

/** Bytes that tell a batch's length and magic. */
const bytesToKnow = fieldAt.magic + 1;

/** Throws CorruptBatchError where a length is impossible or the magic is unknown: nothing behind such a batch can be found. */
export function splitBatches(records: Buffer, stretches: StretchLimits | null = null): SplitRecords {
  const batches: Buffer[] = [];
  let legacy: Buffer[] = [];
  const view = viewOf(records);
  let at = 0;
  while (records.length - at >= bytesToKnow) {
    const magic = records.readInt8(at + fieldAt.magic);
    const length = lengthAt(records, at, magic);
    if (length > records.length - at) {
      break;
    }
    const end =
      stretches === null || isLegacy(magic) ? at + length : Math.max(stretchEnd(view, at, stretches), at + length);
    const batch = records.subarray(at, end);
    if (isLegacy(magic)) {
      legacy.push(batch);
    } else {
      if (legacy.length > 0) {
        batches.push(...upconvert(legacy));
        legacy = [];
      }
      batches.push(batch);
    }
    at = end;
  }
  if (legacy.length > 0) {
    batches.push(...upconvert(legacy));
  }
  return { batches, cutBytes: records.length - at };
}

/** The batches of a stretch; any other batch is itself. */
export function singly(batch: Buffer): readonly Buffer[] {
  return isStretch(batch) ? splitBatches(batch).batches : [batch];
}

function lengthAt(records: Buffer, at: number, magic: number): number {
  if (magic === 2) {
    const length = records.readInt32BE(at + fieldAt.batchLength) + bytesBeforeLengthCounts;
    if (length >= headerBytes) return length;
    throw new CorruptBatchError(records.readBigInt64BE(at), `a length of ${length} bytes is less than a header`);
  }
  if (!isLegacy(magic)) {
    throw new CorruptBatchError(records.readBigInt64BE(at), `magic ${magic} is none of 0, 1 and 2`);
  }
  const length = legacyLength(records.subarray(at));
  if (length > bytesToKnow) return length;
  throw new CorruptBatchError(records.readBigInt64BE(at), `a length of ${length} bytes is less than a message`);
}
