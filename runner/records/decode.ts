import { openBatch } from './open.ts';
import { corrupt, nextRecord, offsetOf, openCursor, type RecordCursor, timestampOf } from './record-cursor.ts';
import { readVarint } from './varint.ts';

export interface RecordHeader {
  /** UTF-8. */
  readonly key: Buffer;
  readonly value: Buffer | null;
}

/** Keys, values and headers are views into the batch or into its decompressed records. */
export interface DecodedRecord {
  readonly offset: bigint;
  /** Milliseconds since 1970; under LogAppendTime the append time. */
  readonly timestamp: bigint;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  /** In order, duplicates too. */
  readonly headers: readonly RecordHeader[];
}

/** Every record of a whole batch, length and CRC checked. Throws CorruptBatchError. */
export function decodeRecords(batch: Buffer): DecodedRecord[] {
  const cursor = openCursor(openBatch(batch));
  const records: DecodedRecord[] = [];
  while (nextRecord(cursor)) {
    records.push(decodeRecord(cursor));
  }
  return records;
}

/** The record that the cursor is at; the cursor's place in the batch stays. */
export function decodeRecord(cursor: RecordCursor): DecodedRecord {
  const next = cursor.position;
  cursor.position = cursor.bodyFrom;
  const key = readNullable(cursor);
  const value = readNullable(cursor);
  const headers = readHeaders(cursor);
  if (cursor.position !== cursor.bodyTo) {
    throw corrupt(cursor, 'its fields are shorter than its length');
  }
  cursor.position = next;
  return { offset: offsetOf(cursor), timestamp: timestampOf(cursor), key, value, headers };
}

function readHeaders(cursor: RecordCursor): RecordHeader[] {
  const count = readVarint(cursor);
  if (!(count >= 0 && count <= cursor.bodyTo - cursor.position)) {
    throw corrupt(cursor, `${count} headers do not fit into it`);
  }
  const headers: RecordHeader[] = [];
  for (let i = 0; i < count; i += 1) {
    const key = readNullable(cursor);
    if (key === null) {
      throw corrupt(cursor, 'a header without a key');
    }
    headers.push({ key, value: readNullable(cursor) });
  }
  return headers;
}

/** A length and so many bytes; null for a negative length, as Kafka's reader takes it. */
function readNullable(cursor: RecordCursor): Buffer | null {
  const length = readVarint(cursor);
  if (!(cursor.position + Math.max(length, 0) <= cursor.bodyTo)) {
    throw corrupt(cursor, 'a field longer than the record');
  }
  if (length < 0) {
    return null;
  }
  const from = cursor.position;
  cursor.position += length;
  return cursor.bytes.subarray(from, cursor.position);
}
