import { createHash } from 'node:crypto';
import { encodeBody } from './build.ts';
import { type DecodedRecord, decodeRecord } from './decode.ts';
import { openBatch } from './open.ts';
import { nextRecord, openCursor, type RecordCursor, timestampOf } from './record-cursor.ts';
import { type ByteReader, readVarint, varintBytes } from './varint.ts';

/**
 * SHA-256 over records in order: of each its timestamp (int64, big-endian, milliseconds as readers see it), then key,
 * value and headers, each behind its length, -1 for null (the body of a record v2, varints in their shortest form). So
 * null differs from empty, order and duplicates of headers count; offsets, codecs and batch boundaries do not.
 */
export interface RecordDigest {
  /** Every data record of the batch with an offset in [from, to). Throws CorruptBatchError. */
  addBatch(batch: Buffer, range?: OffsetRange): void;
  addRecord(record: Omit<DecodedRecord, 'offset'>): void;
  /** The record that the cursor is at; the cursor's place in the batch stays. */
  addAt(cursor: RecordCursor): void;
  /** Records so far. */
  count(): number;
  /** Ends the digest. */
  finish(): { readonly records: number; readonly sha256: string };
}

export interface OffsetRange {
  readonly from?: bigint;
  readonly to?: bigint;
}

/** Small records are gathered before they are hashed. */
const chunkBytes = 64 * 1024;
const timestampBytes = 8;

export function createRecordDigest(): RecordDigest {
  const hash = createHash('sha256');
  const chunk = Buffer.allocUnsafe(chunkBytes);
  let filled = 0;
  let records = 0;

  function flush(): void {
    hash.update(chunk.subarray(0, filled));
    filled = 0;
  }

  function add(timestamp: bigint, bytes: Buffer, bodyFrom: number, bodyTo: number): void {
    const bodyBytes = bodyTo - bodyFrom;
    if (filled + timestampBytes + bodyBytes > chunkBytes) {
      flush();
    }
    filled = chunk.writeBigInt64BE(timestamp, filled);
    if (filled + bodyBytes <= chunkBytes) {
      bytes.copy(chunk, filled, bodyFrom, bodyTo);
      filled += bodyBytes;
    } else {
      flush();
      hash.update(bytes.subarray(bodyFrom, bodyTo));
    }
    records += 1;
  }

  function addRecord(record: Omit<DecodedRecord, 'offset'>): void {
    const body = encodeBody(record);
    add(record.timestamp, body, 0, body.length);
  }

  function addAt(cursor: RecordCursor): void {
    if (bodyIsShortest(cursor)) {
      add(timestampOf(cursor), cursor.bytes, cursor.bodyFrom, cursor.bodyTo);
    } else {
      addRecord(decodeRecord(cursor));
    }
  }

  function addBatch(batch: Buffer, range: OffsetRange = {}): void {
    const open = openBatch(batch);
    const cursor = openCursor(open);
    const from = deltaOf(range.from, open.header.baseOffset, 0);
    const to = deltaOf(range.to, open.header.baseOffset, Number.POSITIVE_INFINITY);
    while (!open.header.control && nextRecord(cursor)) {
      if (cursor.offsetDelta < from || cursor.offsetDelta >= to) {
        continue;
      }
      addAt(cursor);
    }
  }

  function finish(): { records: number; sha256: string } {
    flush();
    return { records, sha256: hash.digest('hex') };
  }

  return { addBatch, addRecord, addAt, count: () => records, finish };
}

function deltaOf(offset: bigint | undefined, baseOffset: bigint, otherwise: number): number {
  return offset === undefined ? otherwise : Number(offset - baseOffset);
}

/** Whether the body is well-formed and has the bytes that `encodeBody` would give. Kafka's clients write no other. */
function bodyIsShortest(cursor: RecordCursor): boolean {
  const next = cursor.position;
  cursor.position = cursor.bodyFrom;
  const shortest = walkBody(cursor, cursor.bodyTo);
  cursor.position = next;
  return shortest;
}

function walkBody(reader: ByteReader, end: number): boolean {
  if (!skipField(reader, end) || !skipField(reader, end)) {
    return false;
  }
  const headersAt = reader.position;
  const headers = readVarint(reader);
  if (!(headers >= 0 && headers <= end - reader.position) || reader.position - headersAt !== varintBytes(headers)) {
    return false;
  }
  for (let i = 0; i < headers; i += 1) {
    const keyAt = reader.position;
    if (readVarint(reader) < 0) {
      return false;
    }
    reader.position = keyAt;
    if (!skipField(reader, end) || !skipField(reader, end)) {
      return false;
    }
  }
  return reader.position === end;
}

function skipField(reader: ByteReader, end: number): boolean {
  const at = reader.position;
  const length = readVarint(reader);
  if (!(length >= -1) || reader.position - at !== varintBytes(length)) {
    return false;
  }
  reader.position += Math.max(length, 0);
  return reader.position <= end;
}
