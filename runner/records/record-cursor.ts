import { CorruptBatchError } from './corrupt-batch.ts';
import type { OpenBatch } from './open.ts';
import { type ByteReader, readVarint, readVarlong, varlongAt } from './varint.ts';

/**
 * One place in the records of a batch, moved on by `nextRecord`: no object a record. A record (`DefaultRecord.java`):
 *
 *     length varint | attributes int8 | timestampDelta varlong | offsetDelta varint | key, value, headers
 *                                                                                     bodyFrom .. bodyTo
 *
 * The body is the same bytes wherever the record goes.
 */
export interface RecordCursor extends ByteReader {
  readonly bytes: Buffer;
  readonly batch: OpenBatch;
  recordsLeft: number;
  /** Unused by Kafka, but kept. */
  attributes: number;
  /** Milliseconds after the header's baseTimestamp; NaN beyond `exactVarlongMax`: then `timestampOf` tells. */
  timestampDelta: number;
  timestampDeltaAt: number;
  /** After the header's baseOffset; ascending. */
  offsetDelta: number;
  bodyFrom: number;
  bodyTo: number;
}

export function openCursor(batch: OpenBatch): RecordCursor {
  return {
    bytes: batch.bytes,
    batch,
    position: batch.recordsFrom,
    recordsLeft: batch.header.recordCount,
    attributes: 0,
    // Not an integer from the beginning, so that the engine keeps one representation of the field.
    timestampDelta: Number.NaN,
    timestampDeltaAt: 0,
    offsetDelta: -1,
    bodyFrom: 0,
    bodyTo: batch.recordsFrom,
  };
}

/** False behind the last record. Throws CorruptBatchError where a record does not fit into the bytes or into the header. */
export function nextRecord(cursor: RecordCursor): boolean {
  const { bytes } = cursor;
  if (cursor.recordsLeft === 0) {
    return atEnd(cursor);
  }
  cursor.recordsLeft -= 1;
  const length = readVarint(cursor);
  const bodyTo = cursor.position + length;
  if (!(length > 0 && bodyTo <= bytes.length)) {
    throw corrupt(cursor, 'a record longer than the batch');
  }
  cursor.attributes = bytes[cursor.position] ?? 0;
  cursor.position += 1;
  cursor.timestampDeltaAt = cursor.position;
  cursor.timestampDelta = readVarlong(cursor);
  const offsetDelta = readVarint(cursor);
  if (!(offsetDelta > cursor.offsetDelta && offsetDelta <= cursor.batch.header.lastOffsetDelta)) {
    throw corrupt(cursor, `offset delta ${offsetDelta} after ${cursor.offsetDelta}`);
  }
  if (cursor.position > bodyTo) {
    throw corrupt(cursor, 'a record shorter than its fields');
  }
  cursor.offsetDelta = offsetDelta;
  cursor.bodyFrom = cursor.position;
  cursor.bodyTo = bodyTo;
  cursor.position = bodyTo;
  return true;
}

/** Milliseconds since 1970, as readers see it: under LogAppendTime the batch's, in int64 arithmetic as Java's. */
export function timestampOf(cursor: RecordCursor): bigint {
  const { header } = cursor.batch;
  if (header.timestampType === 'LogAppendTime') {
    return header.maxTimestamp;
  }
  const exact = Number.isNaN(cursor.timestampDelta) ? varlongAt(cursor.bytes, cursor.timestampDeltaAt) : null;
  if (exact === null && Number.isNaN(cursor.timestampDelta)) {
    throw corrupt(cursor, 'a timestamp delta without end');
  }
  return BigInt.asIntN(64, header.baseTimestamp + (exact ?? BigInt(cursor.timestampDelta)));
}

/** The record's key, a view; null for none. The cursor's place in the batch stays. Throws CorruptBatchError. */
export function recordKeyAt(cursor: RecordCursor): Buffer | null {
  const next = cursor.position;
  cursor.position = cursor.bodyFrom;
  const length = readVarint(cursor);
  const from = cursor.position;
  cursor.position = next;
  if (length < 0) return null;
  if (!(from + length <= cursor.bodyTo)) throw corrupt(cursor, 'a key longer than the record');
  return cursor.bytes.subarray(from, from + length);
}

/** Whether the record has no value. The cursor's place in the batch stays. Throws CorruptBatchError. */
export function isTombstoneAt(cursor: RecordCursor): boolean {
  const key = recordKeyAt(cursor);
  const next = cursor.position;
  cursor.position = cursor.bodyFrom;
  readVarint(cursor);
  cursor.position += key?.length ?? 0;
  const length = readVarint(cursor);
  cursor.position = next;
  return length < 0;
}

export function offsetOf(cursor: RecordCursor): bigint {
  return cursor.batch.header.baseOffset + BigInt(cursor.offsetDelta);
}

export function corrupt(cursor: RecordCursor, reason: string): CorruptBatchError {
  const { header } = cursor.batch;
  const index = header.recordCount - cursor.recordsLeft - 1;
  return new CorruptBatchError(header.baseOffset, `record ${index} of ${header.recordCount}: ${reason}`);
}

function atEnd(cursor: RecordCursor): false {
  if (cursor.position !== cursor.bytes.length) {
    throw new CorruptBatchError(
      cursor.batch.header.baseOffset,
      `${cursor.bytes.length - cursor.position} bytes behind its ${cursor.batch.header.recordCount} records`,
    );
  }
  return false;
}
