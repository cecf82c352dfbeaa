import { codecOf, fieldAt, headerBytes } from '../../runner/records/header.ts';
import { openBatch } from '../../runner/records/open.ts';
import { nextRecord, openCursor, timestampOf } from '../../runner/records/record-cursor.ts';
import type { BatchShape, Writing } from './batch-templates.ts';

/** What a batch held when it was written, and the times that readers see. */
export interface WrittenRecords {
  readonly shape: BatchShape;
  /** The deltas of the shape count from it, milliseconds since 1970. */
  readonly baseTimestampMs: number;
  /** Counts for all records where it is not null. */
  readonly logAppendTimeMs: number | null;
}

export function writtenRecords(shape: BatchShape, writing: Omit<Writing, 'stamp'>): WrittenRecords {
  return { shape, baseTimestampMs: writing.baseTimestampMs, logAppendTimeMs: writing.logAppendTimeMs };
}

/** The records of any batch, read from its bytes. */
export function readRecords(batch: Buffer): WrittenRecords {
  const cursor = openCursor(openBatch(batch));
  const shape = { offsetDeltas: [] as number[], timestampDeltas: [] as number[], bodies: [] as Buffer[] };
  while (nextRecord(cursor)) {
    shape.offsetDeltas.push(cursor.offsetDelta);
    shape.timestampDeltas.push(Number(timestampOf(cursor)));
    shape.bodies.push(cursor.bytes.subarray(cursor.bodyFrom, cursor.bodyTo));
  }
  return { shape, baseTimestampMs: 0, logAppendTimeMs: null };
}

export function timestampMsOf(records: WrittenRecords, index: number): number {
  return records.logAppendTimeMs ?? records.baseTimestampMs + (records.shape.timestampDeltas[index] ?? 0);
}

/** Whether a copy holds the very bytes of its original: codec, timestamps and records. */
export function isWholeCopy(original: Buffer, copy: Buffer): boolean {
  if (original.length !== copy.length || codecOf(original) !== codecOf(copy)) return false;
  const times = [fieldAt.baseTimestamp, fieldAt.producerId] as const;
  return (
    original.compare(copy, times[0], times[1], times[0], times[1]) === 0 &&
    original.compare(copy, headerBytes - 4, copy.length, headerBytes - 4, original.length) === 0
  );
}
