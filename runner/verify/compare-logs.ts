import type { Segment } from '../../src/offset-map/segment.ts';
import {
  attributeBits,
  type BatchHeader,
  baseOffsetOf,
  codecOf,
  fieldAt,
  lastOffsetDeltaOf,
} from '../records/header.ts';
import { type RecordCursor, timestampOf } from '../records/record-cursor.ts';
import { exactVarlongMax } from '../records/varint.ts';
import { differingParts, sameBody } from './difference.ts';
import { partOffsets, storedBytesMin } from './limits.ts';
import type { LogSide } from './log-side.ts';
import type { PairDigest } from './pair-digest.ts';
import { type SegmentCursor, segmentsBySource, segmentsByTarget, sourceOf, targetOf } from './segment-cursor.ts';
import { note, type Tally } from './tally.ts';
import type { UnpairedKeys } from './unpaired-keys.ts';

/** Whether the cleaner may take records on each side (`cleanup.policy` holds `compact`). */
export interface Compacted {
  readonly source: boolean;
  readonly target: boolean;
}

/** Two logs in the middle of being compared. */
export interface Comparison {
  readonly source: LogSide;
  readonly target: LogSide;
  readonly compacted: Compacted;
  readonly unpaired: UnpairedKeys;
  readonly digest: PairDigest;
  readonly tally: Tally;
  map: OffsetMap;
  /** The part of the digest ends with the first batch of the source that begins here or behind. */
  partEnd: bigint;
  /** Told of each end of a part: everything of the source below its batch at hand was compared. */
  readonly onPart: () => void;
}

/** The offset map, to be asked in ascending order. */
export interface OffsetMap {
  readonly bySource: SegmentCursor;
  readonly byTarget: SegmentCursor;
  /** How far behind the offset of the map the records really stand at the target: not 0 once some are lost or too many. */
  readonly drift: bigint;
}

export function offsetMap(segments: readonly Segment[], drift: bigint): OffsetMap {
  return { bySource: segmentsBySource(segments), byTarget: segmentsByTarget(segments), drift };
}

/** What a comparison waits for: more of a side; or it has come to a difference, or to the end of both logs. */
export type Pause = 'source' | 'target' | 'difference' | 'end';

/**
 * Compares what was fetched: batches that both sides store alike as bytes, the records of all others one by one, each
 * target record set against the source record that the map names. Both records stay at hand at a difference; where a
 * cleaner may be at work it is noted instead, and the comparison goes on.
 */
export function compareFetched(comparison: Comparison): Pause {
  const { source, target } = comparison;
  for (;;) {
    if (!source.ready()) return 'source';
    if (!target.ready()) return 'target';
    if (source.ended && target.ended) return 'end';
    if (source.batchBase >= comparison.partEnd) endPart(comparison);
    if (source.cursor === undefined && target.cursor === undefined && takeStoredAlike(comparison)) continue;
    source.open();
    target.open();
    const isReady = (source.cursor !== undefined || source.ended) && (target.cursor !== undefined || target.ended);
    if (isReady && !(source.ended && target.ended) && !takeRecord(comparison)) return 'difference';
  }
}

function endPart(comparison: Comparison): void {
  comparison.digest.endPart();
  comparison.partEnd = partEndBehind(comparison.source.batchBase);
  comparison.onPart();
}

/** Where the part ends that a batch of this base offset stands in. */
export function partEndBehind(baseOffset: bigint): bigint {
  return (baseOffset / partOffsets + 1n) * partOffsets;
}

/** Bits of a batch's attributes that readers see in its records. */
const recordAttributes = attributeBits.codec | attributeBits.logAppendTime;

/**
 * Takes the batches at hand where they hold the same records: all is the same but what the target's broker and producer
 * wrote. A mirror leaves it so. Keys are not looked at, so that it cannot be done while one waits for a later record.
 */
function takeStoredAlike(comparison: Comparison): boolean {
  const { source, target, unpaired, tally, map } = comparison;
  const { batch } = source;
  const other = target.batch;
  if (batch === undefined || other === undefined || batch.length !== other.length) return false;
  if (unpaired.waiting.size > 0 || !source.isWhole || !target.isWhole) return false;
  if (batch.length < storedBytesMin && codecOf(batch) === 'none') return false;
  const offset = baseOffsetOf(batch);
  const segment = map.bySource(offset);
  if (segment === undefined || targetOf(segment, offset) + map.drift !== baseOffsetOf(other)) return false;
  if (offset + BigInt(lastOffsetDeltaOf(batch)) >= segment.source + segment.length) return false;
  if (!isStoredAlike(batch, other)) return false;
  const records = batch.readInt32BE(fieldAt.recordCount);
  comparison.digest.addStored(batch);
  tally.records += records;
  if (map.drift !== 0n) tally.kinds.displaced += records;
  source.leaveBatch();
  target.leaveBatch();
  return true;
}

function isStoredAlike(batch: Buffer, other: Buffer): boolean {
  const attributes = batch.readInt16BE(fieldAt.attributes) ^ other.readInt16BE(fieldAt.attributes);
  const { lastOffsetDelta, producerId, recordCount } = fieldAt;
  return (
    (attributes & recordAttributes) === 0 &&
    batch.compare(other, lastOffsetDelta, producerId, lastOffsetDelta, producerId) === 0 &&
    batch.compare(other, recordCount, other.length, recordCount, batch.length) === 0
  );
}

/** Takes a record of one side, or pairs as long as they follow each other; false at a difference. */
function takeRecord(comparison: Comparison): boolean {
  const { source, target, map } = comparison;
  const segment = target.ended ? undefined : map.byTarget(target.offset - map.drift);
  const from = segment === undefined ? null : sourceOf(segment, target.offset - map.drift);
  if (!target.ended && (from === null || source.ended || from < source.offset)) return takeExtra(comparison, from);
  if (segment === undefined || from === null || source.offset < from) return takeMissing(comparison);
  return takePairs(comparison, segment);
}

function takeMissing(comparison: Comparison): boolean {
  const { source, target, map, compacted, tally, digest } = comparison;
  const { cursor, offset: sourceOffset } = source;
  if (cursor === undefined) throw new Error('No source record is at hand.');
  const segment = map.bySource(sourceOffset);
  const targetOffset = segment === undefined ? null : targetOf(segment, sourceOffset) + map.drift;
  const isGone = targetOffset !== null && targetOffset < target.logStart;
  if (!isGone && targetOffset !== null && compacted.target) {
    tally.cleaned += 1;
    comparison.unpaired.addUnpaired(cursor, 'source', sourceOffset, targetOffset);
  } else if (!isGone) {
    if (!compacted.source && !compacted.target) return false;
    digest.addRecordOf('source', cursor);
    note(tally, { kind: 'missing', sourceOffset, targetOffset });
  }
  source.moveOn();
  return true;
}

function takeExtra(comparison: Comparison, sourceOffset: bigint | null): boolean {
  const { source, target, compacted, tally, digest } = comparison;
  const { cursor, offset: targetOffset } = target;
  if (cursor === undefined) throw new Error('No target record is at hand.');
  const isGone = sourceOffset !== null && sourceOffset < source.logStart;
  if (!isGone && sourceOffset !== null && compacted.source) {
    tally.cleaned += 1;
    comparison.unpaired.addUnpaired(cursor, 'target', sourceOffset, targetOffset);
  } else if (!isGone) {
    if (!compacted.source && !compacted.target) return false;
    digest.addRecordOf('target', cursor);
    note(tally, { kind: 'extra', sourceOffset, targetOffset });
  }
  target.moveOn();
  return true;
}

/** Takes pairs as long as both batches and the segment of the map last. */
function takePairs(comparison: Comparison, segment: Segment): boolean {
  const { source, target, digest, tally, compacted, unpaired, map } = comparison;
  const { cursor } = source;
  const other = target.cursor;
  if (cursor === undefined || other === undefined) throw new Error('No pair of records is at hand.');
  const offsetShift = other.offsetDelta - cursor.offsetDelta;
  const endDelta = Number(segment.source + segment.length - cursor.batch.header.baseOffset);
  const baseTime = exactTime(cursor.batch.header);
  const timeShift = timeShiftOf(cursor.batch.header, other.batch.header);
  const partDelta = Number(comparison.partEnd - cursor.batch.header.baseOffset);
  const mayBeCleaned = compacted.source || compacted.target;
  do {
    if (isSame(cursor, other, timeShift)) digest.addRecord(cursor, baseTime);
    else if (!mayBeCleaned) return false;
    else noteChanged(comparison, cursor, other);
    tally.records += 1;
    if (map.drift !== 0n) tally.kinds.displaced += 1;
    if (mayBeCleaned) unpaired.seenPaired(cursor);
    source.moveOn();
    target.moveOn();
  } while (
    source.cursor === cursor &&
    target.cursor === other &&
    other.offsetDelta - cursor.offsetDelta === offsetShift &&
    cursor.offsetDelta < endDelta &&
    source.batchDelta < partDelta
  );
  return true;
}

function noteChanged({ source, target, digest, tally }: Comparison, left: RecordCursor, right: RecordCursor): void {
  digest.addRecordOf('source', left);
  digest.addRecordOf('target', right);
  const { offset: sourceOffset } = source;
  note(tally, { kind: 'changed', sourceOffset, targetOffset: target.offset, parts: differingParts(left, right) });
}

/** `timeShift` NaN: only bigints can tell whether the times are the same. */
function isSame(left: RecordCursor, right: RecordCursor, timeShift: number): boolean {
  const shift = left.timestampDelta + timeShift - right.timestampDelta;
  const sameTime = Number.isNaN(shift) ? timestampOf(left) === timestampOf(right) : shift === 0;
  return (sameTime && sameBody(left, right)) || differingParts(left, right).length === 0;
}

/** Base of the batch's times; NaN where a number does not hold it, or it is none. */
function exactTime({ timestampType, baseTimestamp }: BatchHeader): number {
  const time = Number(baseTimestamp);
  return timestampType === 'CreateTime' && Math.abs(time) < exactVarlongMax ? time : Number.NaN;
}

/** What makes a timestamp delta of the one batch into that of the other; NaN where it cannot. */
function timeShiftOf(left: BatchHeader, right: BatchHeader): number {
  if (left.timestampType !== 'CreateTime' || right.timestampType !== 'CreateTime') return Number.NaN;
  const shift = left.baseTimestamp - right.baseTimestamp;
  const isNear = shift < exactVarlongMax && shift > -exactVarlongMax;
  return isNear && isFar(left.baseTimestamp) === false ? Number(shift) : Number.NaN;
}

/** Where adding a delta could leave int64. */
function isFar(timestamp: bigint): boolean {
  return timestamp > farTimestamp || timestamp < -farTimestamp;
}

const farTimestamp = 2n ** 62n;
