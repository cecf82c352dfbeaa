import {
  type BatchHeader,
  bytesBeforeLengthCounts,
  fieldAt,
  headerBytes,
  readHeader,
  viewOf,
} from '../records/header.ts';
import type { OpenBatch } from '../records/open.ts';
import { corrupt, openCursor, type RecordCursor } from '../records/record-cursor.ts';
import { recordsOfStretch } from '../records/stretch.ts';
import { exactVarlongMax, readVarint, readVarlong } from '../records/varint.ts';

/** A cursor through the records of a stretch as if it were one batch: its deltas count from the first batch. */
export interface StretchCursor extends RecordCursor {
  batch: OpenBatch;
  readonly whole: OpenBatch;
  readonly view: DataView;
  /** Of the batch that the record stands in: its offset delta, where its bytes end, and what its times are ahead by. */
  batchDelta: number;
  batchEnd: number;
  timeShift: number;
  /** Of its records: which one is next. */
  index: number;
}

/** `stretch` as `splitBatches` gives it, its CRCs checked. */
export function openStretch(stretch: Buffer): StretchCursor {
  const records = recordsOfStretch(stretch);
  const header: BatchHeader = {
    ...readHeader(stretch),
    lastOffsetDelta: records - 1,
    recordCount: records,
  };
  const whole = { header, bytes: stretch, recordsFrom: 0 };
  const none = { batchDelta: 0, batchEnd: 0, timeShift: 0, index: 0 };
  return { ...openCursor(whole), whole, view: viewOf(stretch), ...none, recordsLeft: 0 };
}

/** False behind the last record. Throws CorruptBatchError where a record does not fit into its batch. */
export function nextOfStretch(cursor: StretchCursor): boolean {
  while (cursor.recordsLeft === 0) if (!enterBatch(cursor)) return false;
  cursor.recordsLeft -= 1;
  const length = readVarint(cursor);
  const bodyTo = cursor.position + length;
  if (!(length > 0 && bodyTo <= cursor.batchEnd)) throw corrupt(cursor, 'a record longer than the batch');
  cursor.attributes = cursor.bytes[cursor.position] ?? 0;
  cursor.position += 1;
  cursor.timestampDeltaAt = cursor.position;
  cursor.timestampDelta = readVarlong(cursor) + cursor.timeShift;
  if (readVarint(cursor) !== cursor.index || cursor.position > bodyTo) {
    throw corrupt(cursor, 'an offset delta that is none of its batch, or too few bytes');
  }
  cursor.offsetDelta = cursor.batchDelta + cursor.index;
  cursor.index += 1;
  cursor.bodyFrom = cursor.position;
  cursor.bodyTo = bodyTo;
  cursor.position = bodyTo;
  const isExact = cursor.timestampDelta <= exactVarlongMax && cursor.timestampDelta >= -exactVarlongMax;
  if (isExact) cursor.batch = cursor.whole;
  else countFromOwnBatch(cursor);
  return true;
}

/** Where a number does not hold the timestamp: a bigint does, counted from the batch that the record stands in. */
function countFromOwnBatch(cursor: StretchCursor): void {
  const { whole, view } = cursor;
  const baseTimestamp = view.getBigInt64(batchStart(cursor) + fieldAt.baseTimestamp);
  cursor.batch = { ...whole, header: { ...whole.header, baseTimestamp } };
  cursor.timestampDelta = Number.NaN;
}

function batchStart({ view, batchEnd }: StretchCursor): number {
  for (let at = 0; ; ) {
    const next = at + view.getInt32(at + fieldAt.batchLength) + bytesBeforeLengthCounts;
    if (next >= batchEnd) return at;
    at = next;
  }
}

function enterBatch(cursor: StretchCursor): boolean {
  const { view } = cursor;
  const at = cursor.batchEnd;
  if (cursor.position !== at && at > 0) throw corrupt(cursor, 'bytes behind the records of its batch');
  if (at >= view.byteLength) return false;
  cursor.batchDelta += at === 0 ? 0 : cursor.index;
  cursor.index = 0;
  cursor.recordsLeft = view.getInt32(at + fieldAt.recordCount);
  cursor.batchEnd = at + view.getInt32(at + fieldAt.batchLength) + bytesBeforeLengthCounts;
  cursor.timeShift =
    (view.getInt32(at + fieldAt.baseTimestamp) - view.getInt32(fieldAt.baseTimestamp)) * 2 ** 32 +
    view.getUint32(at + fieldAt.baseTimestamp + 4) -
    view.getUint32(fieldAt.baseTimestamp + 4);
  cursor.position = at + headerBytes;
  return true;
}
