import type { Codec } from './header.ts';
import { headerBytes } from './header.ts';
import type { OpenBatch } from './open.ts';
import { nextRecord, openCursor, type RecordCursor, timestampOf } from './record-cursor.ts';
import { sealBatch } from './seal.ts';
import { exactVarlongMax, varintBytes, varlongBytes, writeBigVarlong, writeVarint, writeVarlong } from './varint.ts';

/** Consecutive source offsets: `source`, `source + 1n`, ... */
export interface Run {
  readonly source: bigint;
  readonly length: number;
}

/** A batch in the making: space for a header, then plain records with offset deltas 0, 1, 2, ... */
export interface Section {
  bytes: Buffer;
  position: number;
  recordCount: number;
  readonly baseTimestamp: bigint;
  /** Milliseconds after `baseTimestamp`. */
  maxTimestampDelta: number;
  /** The latest of the timestamps that `maxTimestampDelta` cannot hold. */
  maxFarTimestamp: bigint | null;
  /** Stays empty where nobody asks for them. */
  readonly runs: { readonly source: bigint; length: number }[];
  readonly keepsRuns: boolean;
  /** Of the source batch: what is added to each timestamp delta; NaN where only bigints can tell. */
  timestampShift: number;
  /** Of the source batch: the offset delta that would go on with the last run. */
  nextOffsetDelta: number;
}

/**
 * The most that a record grows: its length by up to 4 bytes, timestamp delta 9 and offset delta 4 (each takes 1 at least).
 */
export const growthBytesMax = 17;

/** Runs of one section at most: a position must have room for all of a batch before it is written (`aheadRunsMax`). */
export const runsMax = 4_096;

/**
 * Copies records of the batches, from source offset `from` on, into sections of at most `bytesMax` bytes (header counted;
 * a larger record stands alone) and `runsMax` runs. Bodies and attributes are copied, timestamps kept as readers see them, offset deltas made
 * dense. Throws CorruptBatchError.
 */
export function copyIntoSections(batches: readonly OpenBatch[], from: bigint, bytesMax: number): Section[] {
  const sections: Section[] = [];
  let section: Section | undefined;
  for (const [index, batch] of batches.entries()) {
    const { header } = batch;
    const firstDelta = header.baseOffset < from ? Number(from - header.baseOffset) : 0;
    const cursor = openCursor(batch);
    if (section !== undefined) {
      enterBatch(section, batch);
    }
    while (nextRecord(cursor)) {
      if (cursor.offsetDelta < firstDelta) {
        continue;
      }
      if (section === undefined || hasNoRun(section, cursor) || !appendRecord(section, cursor)) {
        section = openSection(batch, Math.min(bytesMax, headerBytes + bytesLeft(batches, index)), true);
        sections.push(section);
        appendRecord(section, cursor);
      }
    }
  }
  return sections;
}

/** The record would begin one run too many. */
function hasNoRun({ runs, nextOffsetDelta }: Section, { offsetDelta }: RecordCursor): boolean {
  return runs.length >= runsMax && offsetDelta !== nextOffsetDelta;
}

/** The section as an uncompressed batch without a producer; the bytes are the section's own. */
export function sealPlain(section: Section): Buffer {
  const batch = section.bytes.subarray(0, section.position);
  sealSection(batch, section, 'none');
  return batch;
}

/** Writes the section's header over a batch whose records were compressed by `codec`. */
export function sealSection(batch: Buffer, section: Section, codec: Codec): void {
  const { baseTimestamp, maxFarTimestamp, recordCount } = section;
  const near = section.maxTimestampDelta === Number.NEGATIVE_INFINITY;
  const maxNear = near ? maxFarTimestamp : baseTimestamp + BigInt(section.maxTimestampDelta);
  sealBatch(batch, {
    codec,
    recordCount,
    lastOffsetDelta: recordCount - 1,
    baseTimestamp,
    maxTimestamp: later(maxNear ?? baseTimestamp, maxFarTimestamp),
  });
}

/** An empty one for records of the batch first; `capacity` in bytes, its header counted. */
export function openSection(batch: OpenBatch, capacity: number, keepsRuns: boolean): Section {
  const section: Section = {
    bytes: Buffer.allocUnsafe(Math.max(capacity, headerBytes)),
    position: headerBytes,
    recordCount: 0,
    baseTimestamp: timestampBase(batch),
    maxTimestampDelta: Number.NEGATIVE_INFINITY,
    maxFarTimestamp: null,
    runs: [],
    keepsRuns,
    timestampShift: 0,
    nextOffsetDelta: 0,
  };
  enterBatch(section, batch);
  return section;
}

/** Base timestamps further from 0 could leave int64 when a delta is added: their records take the way of bigints. */
const nearBaseMax = 2n ** 62n;

/** The next records are those of this batch. */
export function enterBatch(section: Section, batch: OpenBatch): void {
  const run = section.runs.at(-1);
  const { baseTimestamp } = section;
  const near = baseTimestamp <= nearBaseMax && baseTimestamp >= -nearBaseMax;
  section.timestampShift = near ? Number(timestampBase(batch) - baseTimestamp) : Number.NaN;
  section.nextOffsetDelta = run === undefined ? -1 : Number(run.source + BigInt(run.length) - batch.header.baseOffset);
}

/** False where the record does not fit; into an empty section it always fits. */
export function appendRecord(section: Section, cursor: RecordCursor): boolean {
  const logAppendTime = cursor.batch.header.timestampType === 'LogAppendTime';
  const timestampDelta = (logAppendTime ? 0 : cursor.timestampDelta) + section.timestampShift;
  if (!(timestampDelta <= exactVarlongMax && timestampDelta >= -exactVarlongMax)) {
    return appendFarRecord(section, cursor);
  }
  const length = 1 + varlongBytes(timestampDelta) + varintBytes(section.recordCount) + cursor.bodyTo - cursor.bodyFrom;
  if (!makeRoom(section, varintBytes(length) + length)) {
    return false;
  }
  const { bytes } = section;
  let at = writeVarint(bytes, section.position, length);
  bytes[at] = cursor.attributes;
  at = writeVarlong(bytes, at + 1, timestampDelta);
  section.maxTimestampDelta = Math.max(section.maxTimestampDelta, timestampDelta);
  finishRecord(section, cursor, at);
  return true;
}

const varlongBytesMax = 10;

/** As `appendRecord`, for a timestamp delta that needs a bigint. */
function appendFarRecord(section: Section, cursor: RecordCursor): boolean {
  const timestamp = timestampOf(cursor);
  const delta = Buffer.alloc(varlongBytesMax);
  const deltaBytes = writeBigVarlong(delta, 0, BigInt.asIntN(64, timestamp - section.baseTimestamp));
  const length = 1 + deltaBytes + varintBytes(section.recordCount) + cursor.bodyTo - cursor.bodyFrom;
  if (!makeRoom(section, varintBytes(length) + length)) {
    return false;
  }
  const at = writeVarint(section.bytes, section.position, length);
  section.bytes[at] = cursor.attributes;
  delta.copy(section.bytes, at + 1, 0, deltaBytes);
  section.maxFarTimestamp = later(timestamp, section.maxFarTimestamp);
  finishRecord(section, cursor, at + 1 + deltaBytes);
  return true;
}

function makeRoom(section: Section, recordBytes: number): boolean {
  if (section.position + recordBytes <= section.bytes.length) {
    return true;
  }
  if (section.recordCount > 0) {
    return false;
  }
  section.bytes = Buffer.allocUnsafe(headerBytes + recordBytes);
  return true;
}

function finishRecord(section: Section, cursor: RecordCursor, offsetDeltaAt: number): void {
  const at = writeVarint(section.bytes, offsetDeltaAt, section.recordCount);
  cursor.bytes.copy(section.bytes, at, cursor.bodyFrom, cursor.bodyTo);
  section.position = at + cursor.bodyTo - cursor.bodyFrom;
  section.recordCount += 1;
  if (!section.keepsRuns) return;
  const run = section.runs.at(-1);
  if (run !== undefined && cursor.offsetDelta === section.nextOffsetDelta) {
    run.length += 1;
  } else {
    section.runs.push({ source: cursor.batch.header.baseOffset + BigInt(cursor.offsetDelta), length: 1 });
  }
  section.nextOffsetDelta = cursor.offsetDelta + 1;
}

/** What the timestamp deltas of the batch count from; under LogAppendTime all of them are 0 and the append time counts. */
function timestampBase({ header }: OpenBatch): bigint {
  return header.timestampType === 'LogAppendTime' ? header.maxTimestamp : header.baseTimestamp;
}

function bytesLeft(batches: readonly OpenBatch[], from: number): number {
  let bytes = 0;
  for (let i = from; i < batches.length; i += 1) {
    const batch = batches[i];
    if (batch !== undefined) {
      bytes += batch.bytes.length - batch.recordsFrom + growthBytesMax * batch.header.recordCount;
    }
  }
  return bytes;
}

function later(a: bigint, b: bigint | null): bigint {
  return b === null || a > b ? a : b;
}
