import { CorruptBatchError } from './corrupt-batch.ts';
import { bytesBeforeLengthCounts, fieldAt, headerBytes } from './header.ts';

/** What a records field of a Fetch answer holds. */
export interface SplitRecords {
  /** Views, in order, each a whole record batch v2 by its length field; contents and CRC are not checked. */
  readonly batches: readonly Buffer[];
  /**
   * Where a message set of magic 0 or 1 (before Kafka 0.11) begins; the batches before it are in `batches`, what follows
   * is not looked at. Null where there is none.
   */
  readonly legacy: LegacyMessages | null;
  /** Bytes at the end that are no whole batch: a broker cuts at its byte limit (KIP-74). With no batch at all, fetch more. */
  readonly cutBytes: number;
}

export interface LegacyMessages {
  readonly kind: 'legacy';
  readonly magic: number;
  /** As the message says it; a compressed message of magic 1 carries its last offset here. */
  readonly offset: bigint;
}

/** Bytes that tell a batch's length and magic. */
const bytesToKnow = fieldAt.magic + 1;

/** Throws CorruptBatchError where a length is impossible or the magic is unknown: nothing behind such a batch can be found. */
export function splitBatches(records: Buffer): SplitRecords {
  const batches: Buffer[] = [];
  let at = 0;
  while (records.length - at >= bytesToKnow) {
    const baseOffset = records.readBigInt64BE(at + fieldAt.baseOffset);
    const magic = records.readInt8(at + fieldAt.magic);
    if (magic === 0 || magic === 1) {
      return { batches, legacy: { kind: 'legacy', magic, offset: baseOffset }, cutBytes: 0 };
    }
    if (magic !== 2) {
      throw new CorruptBatchError(baseOffset, `magic ${magic} is none of 0, 1 and 2`);
    }
    const length = records.readInt32BE(at + fieldAt.batchLength) + bytesBeforeLengthCounts;
    if (length < headerBytes) {
      throw new CorruptBatchError(baseOffset, `a length of ${length} bytes is less than a header`);
    }
    if (length > records.length - at) {
      break;
    }
    batches.push(records.subarray(at, at + length));
    at += length;
  }
  return { batches, legacy: null, cutBytes: records.length - at };
}
