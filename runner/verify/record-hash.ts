import { hash } from 'node:crypto';
import { type RecordCursor, timestampOf } from '../records/record-cursor.ts';

const timestampBytes = 8;

/** A SHA-256 of timestamp, key, value and headers of the record at hand: the same wherever the record stands. */
export function createRecordHash(): (cursor: RecordCursor) => Buffer {
  let bytes = Buffer.allocUnsafe(1_024);
  return (cursor) => {
    const length = timestampBytes + cursor.bodyTo - cursor.bodyFrom;
    if (bytes.length < length) bytes = Buffer.allocUnsafe(2 * length);
    bytes.writeBigInt64BE(timestampOf(cursor));
    cursor.bytes.copy(bytes, timestampBytes, cursor.bodyFrom, cursor.bodyTo);
    return hash('sha256', bytes.subarray(0, length), 'buffer');
  };
}
