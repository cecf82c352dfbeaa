import { crcsAreValid } from './crc.ts';
import { attributeBits, baseOffsetOf, bytesBeforeLengthCounts, fieldAt, headerBytes, viewOf } from './header.ts';
import type { RecordBuffers } from './record-buffers.ts';
import type { Encoded, ReencodeOptions } from './reencode.ts';
import { sealBatch } from './seal.ts';
import {
  type ByteReader,
  exactVarlongMax,
  readVarint,
  readVarlong,
  varintBytes,
  varlongBytes,
  writeVarint,
  writeVarlong,
} from './varint.ts';

/** The batch that is made, and what is read for it: one object for all of them. */
interface Joining extends ByteReader {
  bytes: Buffer;
  /** Of `bytes`. */
  view: DataView;
  position: number;
  readonly out: Buffer;
  end: number;
  recordCount: number;
  /** The first batch's baseTimestamp in halves. */
  readonly timeHigh: number;
  readonly timeLow: number;
  /** Milliseconds after it. */
  maxTimestampDelta: number;
  readonly runs: { readonly source: bigint; length: number }[];
}

/** How much a record may grow: its offset by 2 bytes, its timestamp by 5 (years), its length by 1. */
const growthBytesMax = 8;

/** A base timestamp further from 0 could leave int64 when a delta is added. */
const nearBaseMax = 2n ** 62n;

/**
 * Plain batches and stretches of one partition, in order, as one batch: what `reencode` makes of them, at a fraction of its
 * cost for batches of a few records. Null where they are not such as a producer writes them today (gaps, a codec,
 * LogAppendTime, timestamps far apart), do not fit, begin below `from` or are damaged: `reencode` then does it, or throws.
 * The batch stands in one of `buffers`, and may be given back.
 */
export function joinPlain(
  batches: readonly Buffer[],
  { from, maxBytes }: ReencodeOptions,
  buffers: RecordBuffers,
): Encoded | null {
  const [first] = batches;
  if (first === undefined || baseOffsetOf(first) < from) return null;
  const out = buffers.take(Math.min(maxBytes, bytesMaxOf(batches)));
  const joined = joinInto(out, batches, first);
  if (joined === null) buffers.give(out);
  return joined;
}

/** What they take as one batch: all headers go but one. */
function bytesMaxOf(batches: readonly Buffer[]): number {
  let bytes = headerBytes;
  for (const stretch of batches) {
    const view = viewOf(stretch);
    for (let at = 0; at < view.byteLength; ) {
      const length = view.getInt32(at + fieldAt.batchLength) + bytesBeforeLengthCounts;
      bytes += length - headerBytes + growthBytesMax * Math.max(0, view.getInt32(at + fieldAt.recordCount));
      at += length;
    }
  }
  return bytes;
}

function joinInto(out: Buffer, batches: readonly Buffer[], first: Buffer): Encoded | null {
  const baseTimestamp = first.readBigInt64BE(fieldAt.baseTimestamp);
  if (baseTimestamp > nearBaseMax || baseTimestamp < -nearBaseMax) return null;
  const joining: Joining = {
    bytes: first,
    view: viewOf(first),
    position: 0,
    out,
    end: headerBytes,
    recordCount: 0,
    timeHigh: first.readInt32BE(fieldAt.baseTimestamp),
    timeLow: first.readUInt32BE(fieldAt.baseTimestamp + 4),
    maxTimestampDelta: Number.NEGATIVE_INFINITY,
    runs: [],
  };
  for (const stretch of batches) {
    if (!crcsAreValid(stretch) || !joinStretch(joining, stretch)) return null;
  }
  const { recordCount, runs } = joining;
  const batch = joining.out.subarray(0, joining.end);
  const maxTimestamp = baseTimestamp + BigInt(joining.maxTimestampDelta);
  sealBatch(batch, { codec: 'none', recordCount, lastOffsetDelta: recordCount - 1, baseTimestamp, maxTimestamp });
  return { batch, recordCount, runs };
}

/** A stretch goes on with the run before it where no offset is between them. */
function joinStretch(joining: Joining, stretch: Buffer): boolean {
  const source = baseOffsetOf(stretch);
  const before = joining.recordCount;
  joining.bytes = stretch;
  joining.view = viewOf(stretch);
  for (let at = 0; at < stretch.length; at = joining.position) {
    if (!joinBatch(joining, at)) return false;
  }
  const length = joining.recordCount - before;
  const run = joining.runs.at(-1);
  if (run !== undefined && run.source + BigInt(run.length) === source) run.length += length;
  else joining.runs.push({ source, length });
  return true;
}

/** Moves to behind the batch. */
function joinBatch(joining: Joining, at: number): boolean {
  const { view } = joining;
  const batchEnd = at + view.getInt32(at + fieldAt.batchLength) + bytesBeforeLengthCounts;
  const recordCount = view.getInt32(at + fieldAt.recordCount);
  const unlike = view.getInt16(at + fieldAt.attributes) & ~attributeBits.transactional;
  if (unlike !== 0 || view.getInt32(at + fieldAt.lastOffsetDelta) !== recordCount - 1) return false;
  const timeAt = at + fieldAt.baseTimestamp;
  const shift = (view.getInt32(timeAt) - joining.timeHigh) * 2 ** 32 + view.getUint32(timeAt + 4) - joining.timeLow;
  joining.position = at + headerBytes;
  for (let index = 0; index < recordCount; index += 1) {
    if (!joinRecord(joining, index, shift, batchEnd)) return false;
  }
  return joining.position === batchEnd;
}

/** The fields of a record: see `RecordCursor`. */
function joinRecord(joining: Joining, index: number, timestampShift: number, batchEnd: number): boolean {
  const { bytes, out } = joining;
  const sourceLength = readVarint(joining);
  const bodyEnd = joining.position + sourceLength;
  if (!(sourceLength > 0 && bodyEnd <= batchEnd)) return false;
  const attributes = bytes[joining.position] ?? 0;
  joining.position += 1;
  const timestampDelta = readVarlong(joining) + timestampShift;
  if (!(timestampDelta <= exactVarlongMax && timestampDelta >= -exactVarlongMax)) return false;
  if (readVarint(joining) !== index || joining.position > bodyEnd) return false;
  const bodyBytes = bodyEnd - joining.position;
  const length = 1 + varlongBytes(timestampDelta) + varintBytes(joining.recordCount) + bodyBytes;
  if (joining.end + varintBytes(length) + length > out.length) return false;
  let at = writeVarint(out, joining.end, length);
  out[at] = attributes;
  at = writeVarlong(out, at + 1, timestampDelta);
  at = writeVarint(out, at, joining.recordCount);
  bytes.copy(out, at, joining.position, bodyEnd);
  joining.end = at + bodyBytes;
  joining.position = bodyEnd;
  joining.recordCount += 1;
  joining.maxTimestampDelta = Math.max(joining.maxTimestampDelta, timestampDelta);
  return true;
}
