import { decompress, decompressedBytesMax } from './codecs.ts';
import { CorruptBatchError } from './corrupt-batch.ts';
import { crcIsValid } from './crc.ts';
import { type BatchHeader, bytesBeforeLengthCounts, headerBytes, readHeader } from './header.ts';

/** A batch whose records can be read: length, CRC and codec are checked, the records plain. */
export interface OpenBatch {
  readonly header: BatchHeader;
  /** The plain records stand from `recordsFrom` to the end; the batch itself where it was not compressed. */
  readonly bytes: Buffer;
  readonly recordsFrom: number;
}

/** Throws CorruptBatchError; also for a batch that would decompress to more than `bytesMax`. */
export function openBatch(batch: Buffer, bytesMax = decompressedBytesMax): OpenBatch {
  const header = readHeader(batch);
  if (header.batchLength + bytesBeforeLengthCounts !== batch.length) {
    throw new CorruptBatchError(header.baseOffset, `length field ${header.batchLength} in ${batch.length} bytes`);
  }
  if (!crcIsValid(batch)) {
    throw new CorruptBatchError(header.baseOffset, 'the CRC does not match');
  }
  if (header.recordCount < 0 || header.lastOffsetDelta < 0) {
    throw new CorruptBatchError(header.baseOffset, 'a negative count of records or offset delta');
  }
  if (header.codec === 'none' || header.recordCount === 0) {
    return { header, bytes: batch, recordsFrom: headerBytes };
  }
  return { header, bytes: plainRecords(batch, header, bytesMax), recordsFrom: 0 };
}

function plainRecords(batch: Buffer, header: BatchHeader, bytesMax: number): Buffer {
  try {
    return decompress(header.codec, batch.subarray(headerBytes), bytesMax);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new CorruptBatchError(header.baseOffset, `${header.codec} records cannot be decompressed: ${why}`);
  }
}
