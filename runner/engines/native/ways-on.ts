import { targetEnd } from '../../../src/offset-map/append.ts';
import { segmentsBelow } from '../../../src/offset-map/below-cut.ts';
import { atLeast, atMost } from '../../../src/offset-map/bounds.ts';
import type { Segment } from '../../../src/offset-map/segment.ts';
import { countOf, cutSpan, recordAt, type Span } from '../../../src/offset-map/span.ts';
import type { PositionRecord } from '../../../src/state/records.ts';
import { askOffsets } from './ask-offsets.ts';
import { SessionEnded } from './faults.ts';
import { type FlowContext, goesOnAfter, recordLoss } from './flow-context.ts';
import { type Loss, lostToRetention, partitionName, truncated } from './losses.ts';
import type { FetchedPartition } from './ports.ts';
import { keptFor, positionsByKey, readPositions, type StoredPosition } from './positions.ts';
import { noEpoch } from './read-epochs.ts';
import { scanFrom } from './scan-span.ts';
import type { SourcePlace, SourceStart } from './source-start.ts';

/** What of a partition's map stays below an offset. */
interface Rewound {
  readonly segments: readonly Segment[];
  /** First source offsets of the sealed pieces that speak of more, to be deleted. */
  readonly dropSealed: readonly bigint[];
  /** What stays of the newest piece that is left, where it is a span. */
  readonly cutSpan?: Span;
}

/** The log of a source partition as it is now. */
export interface LogRange {
  readonly start: bigint;
  readonly end: bigint;
}

/**
 * How a partition goes on after a loss at the source that somebody decided about; its position is stored at once. Null where
 * nobody can tell where the source was cut: then it stops all the same.
 */
export async function pastSourceLoss(
  flow: FlowContext,
  place: SourcePlace,
  record: PositionRecord,
  loss: Loss,
  log: LogRange,
): Promise<SourceStart | null> {
  limitGoal(flow, loss, log.end);
  if (loss.kind === 'retention') {
    return from(place, record, log.start, noEpoch, { segments: record.segments, dropSealed: [] });
  }
  if (loss.kind !== 'truncated')
    throw new SessionEnded(`${loss.diagnostic.summary} The next session looks at it anew.`);
  const cut = await partedAt(flow, place, record);
  if (cut !== null) return behindCut(flow, place, record, cut, log);
  recordLoss(flow, loss);
  return null;
}

/** What retention took between the cut and the log's start is a loss of its own; null where nobody decided about that. */
async function behindCut(
  flow: FlowContext,
  place: SourcePlace,
  record: PositionRecord,
  cut: Parting,
  log: LogRange,
): Promise<SourceStart | null> {
  const parted = atMost(cut.endOffset, record.nextSource);
  const map = await rewound(flow, record, parted);
  if (parted >= log.start) return from(place, record, parted, cut.epoch, map);
  if (!goesOnAfter(flow, lostToRetention(place, parted, log.start))) return null;
  return from(place, record, log.start, noEpoch, map);
}

/**
 * Up to where the source's log is the one that was read. Nothing below was written under a higher epoch, so that a further cut
 * there shows by this one.
 */
type Parting = NonNullable<FetchedPartition['diverging']>;

/** The log may have grown since it was cut: its leader tells by the epoch of the last batch that we have (KIP-595). */
async function partedAt(
  { options: { source } }: FlowContext,
  { source: { topic, topicId, partition }, sourceLeader }: SourcePlace,
  { nextSource: offset, sourceEpoch }: PositionRecord,
): Promise<Parting | null> {
  if (sourceEpoch === undefined || sourceLeader < 0) return null;
  const [answer] = await source.fetch(sourceLeader, {
    positions: [{ topic, topicId, partition, offset, maxBytes: 1, lastEpoch: sourceEpoch }],
    maxBytes: 1,
    minBytes: 0,
    maxWaitMs: 0,
    isolation: 'read_committed',
  });
  answer?.release();
  return answer?.diverging ?? null;
}

/** Another topic has the source topic's name: it is mirrored from its start, behind what came from the one before. */
export function intoSameTarget(
  flow: FlowContext,
  place: SourcePlace,
  before: PositionRecord | undefined,
  loss: Loss,
  log: LogRange,
): SourceStart {
  limitGoal(flow, loss, log.end);
  return {
    ...place,
    startSource: log.start,
    nextSource: log.start,
    sourceEpoch: noEpoch,
    segments: [],
    storedTarget: before?.target ?? null,
    nextTarget: before?.nextTarget ?? null,
    fresh: true,
  };
}

/** Another topic has the target topic's name: what the source still holds is mirrored into it. */
export async function intoNewTarget(flow: FlowContext, start: SourceStart): Promise<SourceStart> {
  const stored = await storedOf(flow, start);
  const name = partitionName(start.source);
  const starts = await askOffsets(flow.options.source, [start.source], 'earliest', flow.options.clock);
  const logStart = starts.get(name) ?? 0n;
  return {
    ...start,
    startSource: logStart,
    nextSource: logStart,
    sourceEpoch: noEpoch,
    segments: [],
    storedTarget: null,
    nextTarget: null,
    fresh: true,
    dropSealed: stored?.sealed().map((one) => one.first) ?? [],
  };
}

/**
 * The target lost records of ours: they are mirrored again, from the source offset of the first one at or above `end`, or from
 * where the source was cut, if that is lower. Null where that stood in a span, and the logs do not tell any more, and where
 * nobody decided about the source's loss. `end`: behind the last record of ours that the target holds (`endOfOurs`).
 */
export async function behindTargetEnd(
  flow: FlowContext,
  start: SourceStart,
  stored: StoredPosition,
  end: bigint,
): Promise<SourceStart | null> {
  const lost = stored.segments().find((one) => targetEnd(one) > end);
  const span = stored.spans().find((one) => one.targetEnd > end);
  if (lost === undefined && span === undefined) {
    return { ...start, nextTarget: end, fresh: true };
  }
  const isInSpan = span !== undefined && (lost === undefined || span.target < lost.target);
  // The source may be cut as well: once its log has grown again nothing but the position's epoch tells it.
  const parting = await partedAt(flow, start, stored.record);
  const parted = parting?.endOffset ?? start.nextSource;
  const cut = atMost(start.nextSource, parted);
  const left = isInSpan && cut > span.source ? await leftOfSpan(flow, start, span, end, cut) : undefined;
  if (left === null) return null;
  const lostSource = isInSpan ? span.source : (lost?.source ?? 0n) + atLeast(end - (lost?.target ?? 0n), 0n);
  const nextSource = atMost(left?.sourceEnd ?? lostSource, cut);
  if (nextSource === parted && parted < start.nextSource) {
    if (!goesOnAfter(flow, truncated(start, start.nextSource, parted))) return null;
  }
  return {
    ...start,
    nextSource,
    sourceEpoch: parting?.epoch ?? start.sourceEpoch,
    nextTarget: end,
    fresh: true,
    ...(await rewound(flow, stored.record, nextSource, left)),
  };
}

/**
 * What the target, which ends within a span, still has of it: up to the source offset of the first record that it has no more.
 * Null where the logs do not tell, as where the source is cut within it, too.
 */
async function leftOfSpan(
  { options: { source, target, clock } }: FlowContext,
  place: SourceStart,
  span: Span,
  end: bigint,
  cut: bigint,
): Promise<Span | null> {
  if (end <= span.target) return { ...span, sourceEnd: span.source, targetEnd: span.target, records: 0n };
  if (cut < span.sourceEnd) return null;
  const at = (one: { topic: string; partition: number }) => ({ topic: one.topic, partition: one.partition });
  const epochMax = span.epochs?.source ?? noEpoch;
  const inTarget = await scanFrom(target, { ...at(place.target), from: span.target, to: end }, clock);
  const inSource = await scanFrom(source, { ...at(place.source), from: span.source, to: span.sourceEnd }, clock, {
    epochMax,
  });
  if (inTarget === null || inSource === null || countOf(inSource.runs) !== span.records) return null;
  const records = countOf(inTarget.runs);
  const sourceEnd = recordAt(inSource.runs, records);
  if (sourceEnd === undefined) return null;
  // What of the target is aborted by now was the end of the last transaction: it is mirrored again, from there on.
  return { ...span, sourceEnd, targetEnd: end, records, epochs: { source: epochMax, target: inTarget.epoch } };
}

function from(
  place: SourcePlace,
  record: PositionRecord,
  nextSource: bigint,
  sourceEpoch: number,
  map: Rewound,
): SourceStart {
  return {
    ...place,
    startSource: record.startSource,
    nextSource,
    sourceEpoch,
    storedTarget: record.target,
    nextTarget: record.nextTarget,
    fresh: true,
    ...map,
  };
}

/** What is gone need not be reached. */
function limitGoal(flow: FlowContext, loss: Loss, end: bigint): void {
  const name = partitionName(loss.source);
  const goal = flow.goals.get(name);
  if (goal !== undefined) flow.goals.set(name, atMost(goal, end));
}

/** `left`: what stays of the span that the offset is in, where the logs have told it. */
async function rewound(flow: FlowContext, record: PositionRecord, cut: bigint, left?: Span): Promise<Rewound> {
  const first = record.segments[0];
  if (first !== undefined && first.source < cut)
    return { segments: segmentsBelow(record.segments, cut), dropSealed: [] };
  const sealed = (await storedOf(flow, record))?.sealed() ?? [];
  const newest = sealed.findLast((one) => one.first < cut);
  const firsts = sealed.map((one) => one.first);
  if (newest !== undefined && 'span' in newest) {
    const stays = cutSpan(left?.source === newest.first ? left : newest.span, cut);
    return { segments: [], dropSealed: firsts.filter((one) => one > newest.first), cutSpan: stays };
  }
  return {
    segments: newest === undefined ? [] : segmentsBelow(newest.segments(), cut),
    dropSealed: firsts.filter((one) => one >= (newest?.first ?? 0n)),
  };
}

/** Read anew: what a session settles at its start may have sealed more. */
export async function storedOf(
  { options: { target, positionsTopic, flow, clock } }: FlowContext,
  { source }: Pick<PositionRecord, 'source'>,
): Promise<StoredPosition | undefined> {
  return keptFor(positionsByKey(await readPositions(target, positionsTopic, flow, clock)), { flow, source });
}
