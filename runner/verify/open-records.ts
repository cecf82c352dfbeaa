import { CorruptBatchError } from '../records/corrupt-batch.ts';
import { crcsAreValid } from '../records/crc.ts';
import { baseOffsetOf } from '../records/header.ts';
import { openBatch } from '../records/open.ts';
import { nextRecord, openCursor, type RecordCursor } from '../records/record-cursor.ts';
import { splitBatches } from '../records/split.ts';
import { isStretch } from '../records/stretch.ts';
import { nextOfStretch, openStretch } from './stretch-cursor.ts';

/** The records of a batch or of a stretch, one at hand at a time. */
export interface OpenedRecords {
  /** Its offset deltas count from the beginning of the batch or the stretch. */
  readonly at: RecordCursor;
  /** Moves to the next record; false behind the last one. Throws CorruptBatchError. */
  next(): boolean;
  /** Offset delta at which the batch begins that the record at hand stands in. */
  batchDelta(): number;
}

/** Throws CorruptBatchError. */
export function openRecords(batch: Buffer): OpenedRecords {
  if (!isStretch(batch)) {
    const cursor = openCursor(openBatch(batch));
    return { at: cursor, next: () => nextRecord(cursor), batchDelta: () => 0 };
  }
  if (!crcsAreValid(batch)) throw firstCorrupt(batch);
  const cursor = openStretch(batch);
  return { at: cursor, next: () => nextOfStretch(cursor), batchDelta: () => cursor.batchDelta };
}

function firstCorrupt(stretch: Buffer): CorruptBatchError {
  try {
    for (const batch of splitBatches(stretch).batches) openBatch(batch);
  } catch (error) {
    if (error instanceof CorruptBatchError) return error;
    throw error;
  }
  return new CorruptBatchError(baseOffsetOf(stretch), 'the CRC of several batches does not match');
}
