import type { Segment } from '../../src/offset-map/segment.ts';
import type { MirroredPartition } from '../groups/mirrored-partition.ts';
import type { StreamWorld } from './batch-stream.ts';
import type { ComparedRange } from './compared-range.ts';
import type { Difference } from './difference.ts';
import { findRegion } from './in-step.ts';
import { lookAroundRecordsMax } from './limits.ts';
import { createSuspects, type Suspects } from './look-around-suspects.ts';
import type { PairDigest, PairSide } from './pair-digest.ts';
import { openRecordStream, type RecordStream } from './record-stream.ts';
import { partsThatDiffer, type SeenRecord, seenRecord } from './seen-record.ts';
import { segmentHolding, sourceOf, targetOf } from './segment-cursor.ts';
import { note, type Tally } from './tally.ts';

export interface LookAroundRequest {
  readonly world: { readonly source: StreamWorld; readonly target: StreamWorld };
  readonly partition: MirroredPartition;
  readonly range: ComparedRange;
  /** Offsets of the first records that differ. */
  readonly at: { readonly source: bigint; readonly target: bigint };
  readonly drift: bigint;
  readonly digest: PairDigest;
  readonly tally: Tally;
}

/** Where both sides are in step again. */
export interface InStep {
  readonly source: bigint;
  readonly target: bigint;
  readonly drift: bigint;
}

/**
 * Finds out what became of the records that differ, whatever their offsets are: both sides are read on until
 * `lookAroundRecordsMax` records in a row are equal, and the source that much back, for a record that the target has twice.
 * What stands further from its place is told as missing there and too many here.
 */
export async function lookAround(request: LookAroundRequest): Promise<InStep> {
  const { world, partition, range, at } = request;
  const open = (side: PairSide) =>
    openRecordStream(world[side], { ...partition[side], from: at[side], to: range[side].end });
  const sides = { source: openWindow(open('source')), target: openWindow(open('target')) };
  try {
    const suspects = createSuspects(request.tally, await readBehind(request));
    return await untilInStep(request, sides, suspects);
  } finally {
    await Promise.all([sides.source.close(), sides.target.close()]);
  }
}

async function readBehind({ world, partition, range, at }: LookAroundRequest): Promise<SeenRecord[]> {
  const first = at.source - BigInt(lookAroundRecordsMax);
  const from = first < range.source.start ? range.source.start : first;
  const stream = openRecordStream(world.source, { ...partition.source, from, to: at.source });
  const seen: SeenRecord[] = [];
  try {
    while (stream.step() || (await stream.fill())) seen.push(seenRecord(stream.cursor));
  } finally {
    await stream.close();
  }
  return seen;
}

interface Sides {
  readonly source: Window;
  readonly target: Window;
}

async function untilInStep(request: LookAroundRequest, sides: Sides, suspects: Suspects): Promise<InStep> {
  const { range, partition, digest, tally } = request;
  const { source, target } = sides;
  const map = windowMap(partition.input.segments);
  let { drift } = request;
  let equalInARow = 0;

  function pair(left: SeenRecord, right: SeenRecord): void {
    digest.addBytes('both', Buffer.from(left.id, 'hex'));
    tally.records += 1;
    const place = map.targetOf(left.offset);
    if (place !== null) drift = right.offset - place;
    if (place !== right.offset) {
      note(tally, { kind: 'displaced', sourceOffset: left.offset, targetOffset: right.offset });
    }
    suspects.passed(left);
  }

  for (;;) {
    await Promise.all([source.refill(1), target.refill(1)]);
    const [left, right] = [source.records[0], target.records[0]];
    const ended = left === undefined && right === undefined;
    if (ended || equalInARow >= lookAroundRecordsMax) {
      return { source: left?.offset ?? range.source.end, target: right?.offset ?? range.target.end, drift };
    }
    if (left !== undefined && left.id === right?.id) {
      source.records.shift();
      target.records.shift();
      pair(left, right);
      equalInARow += 1;
      continue;
    }
    equalInARow = 0;
    if (left !== undefined && isGone(map.targetOf(left.offset), drift, target.logStart)) {
      source.records.shift();
      continue;
    }
    await Promise.all([source.refill(lookAroundRecordsMax), target.refill(lookAroundRecordsMax)]);
    const region = findRegion(source.records, target.records, source.ended && target.ended);
    const lefts = source.records.splice(0, region.source);
    const rights = target.records.splice(0, region.target);
    settle(lefts, rights);
  }

  /** Tells what became of the records of a region. */
  function settle(lefts: readonly SeenRecord[], rights: readonly SeenRecord[]): void {
    const unmatched = new Map<string, SeenRecord[]>();
    for (const right of rights) unmatched.set(right.id, [...(unmatched.get(right.id) ?? []), right]);
    const onlyLeft = lefts.filter((left) => {
      const right = unmatched.get(left.id)?.shift();
      if (right === undefined) return true;
      const place = map.targetOf(left.offset);
      if (place !== null && place + drift === right.offset) pair(left, right);
      else reordered(left, right);
      return false;
    });
    const open = new Set([...unmatched.values()].flat());
    const onlyRight = rights.filter((right) => open.has(right));
    const changed = changedPairs(onlyLeft, onlyRight, (left) => {
      const place = map.targetOf(left.offset);
      return place === null ? null : place + drift;
    });
    for (const [left, right] of changed)
      differ({ kind: 'changed', ...offsetsOf(left, right), parts: partsThatDiffer(left, right) }, left, right);
    const isChanged = new Set(changed.flat());
    for (const left of onlyLeft) if (!isChanged.has(left)) missing(left);
    for (const right of onlyRight) if (!isChanged.has(right)) extra(right);
    for (const left of lefts) suspects.passed(left);
  }

  function reordered(left: SeenRecord, right: SeenRecord): void {
    differ({ kind: 'reordered', ...offsetsOf(left, right) }, left, right);
  }

  function differ(difference: Difference, left: SeenRecord, right: SeenRecord): void {
    tally.records += 1;
    digest.addBytes('source', Buffer.from(left.id, 'hex'));
    digest.addBytes('target', Buffer.from(right.id, 'hex'));
    note(tally, difference);
  }

  function missing(left: SeenRecord): void {
    const place = map.targetOf(left.offset);
    if (isGone(place, drift, target.logStart)) return;
    digest.addBytes('source', Buffer.from(left.id, 'hex'));
    suspects.missing(left, place === null ? null : place + drift);
  }

  function extra(right: SeenRecord): void {
    const from = map.sourceOf(right.offset - drift);
    if (from !== null && from < source.logStart) return;
    digest.addBytes('target', Buffer.from(right.id, 'hex'));
    suspects.extra(right, from, source.records);
  }
}

function isGone(place: bigint | null, drift: bigint, logStart: bigint): boolean {
  return place !== null && place + drift < logStart;
}

function offsetsOf(left: SeenRecord, right: SeenRecord) {
  return { sourceOffset: left.offset, targetOffset: right.offset };
}

/** Records that stand in each other's place; where only that is known, as many of one side as of the other, in their order. */
function changedPairs(
  lefts: readonly SeenRecord[],
  rights: readonly SeenRecord[],
  placeOf: (left: SeenRecord) => bigint | null,
): (readonly [SeenRecord, SeenRecord])[] {
  const byOffset = new Map(rights.map((right) => [right.offset, right]));
  const inPlace = lefts.flatMap((left) => {
    const place = placeOf(left);
    const right = place === null ? undefined : byOffset.get(place);
    return right === undefined ? [] : [[left, right] as const];
  });
  if (inPlace.length > 0 || lefts.length !== rights.length) return inPlace;
  return lefts.flatMap((left, index) => {
    const right = rights[index];
    return right === undefined ? [] : [[left, right] as const];
  });
}

/** The next records of one side. */
interface Window {
  readonly records: SeenRecord[];
  readonly ended: boolean;
  readonly logStart: bigint;
  refill(count: number): Promise<void>;
  close(): Promise<void>;
}

function openWindow(stream: RecordStream): Window {
  const records: SeenRecord[] = [];
  let ended = false;
  return {
    records,
    get ended() {
      return ended;
    },
    get logStart() {
      return stream.logStart;
    },
    async refill(count) {
      while (records.length < count && !ended) {
        if (stream.step() || (await stream.fill())) records.push(seenRecord(stream.cursor));
        else ended = true;
      }
    },
    close: stream.close,
  };
}

/** The offset map, asked in any order. */
function windowMap(segments: readonly Segment[]) {
  return {
    targetOf(offset: bigint): bigint | null {
      const segment = segmentHolding(segments, offset, (one) => one.source);
      return segment === undefined ? null : targetOf(segment, offset);
    },
    sourceOf(offset: bigint): bigint | null {
      const segment = segmentHolding(segments, offset, (one) => one.target);
      return segment === undefined ? null : sourceOf(segment, offset);
    },
  };
}
