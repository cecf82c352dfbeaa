import type { Segment } from '../../../src/offset-map/segment.ts';
import type { Span } from '../../../src/offset-map/span.ts';
import { positionKey } from '../../../src/state/position-codec.ts';
import type { PositionRecord } from '../../../src/state/records.ts';
import { askOffsets } from './ask-offsets.ts';
import { type FlowContext, goesOnAfter, type MirrorPlace, recordLoss } from './flow-context.ts';
import { type Loss, type LossPlace, loss, lostToRetention, partitionName, recreated, truncated } from './losses.ts';
import type { MirrorOptions } from './options.ts';
import type { PartitionPlace } from './partition.ts';
import { otherPartitioning } from './partitioning.ts';
import { keptFor } from './positions.ts';
import { noEpoch } from './read-epochs.ts';
import { nameLoss } from './topic-identity.ts';
import { intoSameTarget, type LogRange, pastSourceLoss } from './ways-on.ts';

export interface SourcePlace extends MirrorPlace {
  readonly source: PartitionPlace;
  readonly target: PartitionPlace;
  readonly sourceLeader: number;
  readonly targetLeader: number;
}

/** Where a partition goes on at the source, and what its position says of the target; null without a position. */
export interface SourceStart extends SourcePlace {
  readonly startSource: bigint;
  readonly nextSource: bigint;
  readonly sourceEpoch: number;
  readonly segments: readonly Segment[];
  readonly storedTarget: PartitionPlace | null;
  readonly nextTarget: bigint | null;
  /** Nothing is stored under the key of now, or something else. */
  readonly fresh: boolean;
  /** Sealed chunks of the map, by their first source offset, that the next position deletes; absent: none. */
  readonly dropSealed?: readonly bigint[];
  /** What stays of the newest sealed piece that is not deleted, a span: the log was cut in it, or right behind it. */
  readonly cutSpan?: Span;
  /** Older parts of the map are missing. */
  readonly trimmed?: boolean;
}

/** Compares the positions with what the source holds; a partition that lost records becomes a loss and is left out. */
export async function sourceStarts(
  flow: FlowContext,
  places: readonly SourcePlace[],
  stored: ReadonlyMap<string, PositionRecord>,
): Promise<SourceStart[]> {
  const { source, clock } = flow.options;
  const partitions = places.map((one) => one.source);
  const starts = await askOffsets(source, partitions, 'earliest', clock);
  const ends = await askOffsets(source, partitions, 'latest', clock);
  const known = knownTopics(stored);
  const found: SourceStart[] = [];
  const unstarted: SourcePlace[] = [];
  for (const place of places) {
    const name = partitionName(place.source);
    const kept = keptFor(stored, { flow: flow.options.flow, source: place.source });
    const earlier = kept !== undefined && isOfEarlierTopic(kept, place.source, known) ? kept : undefined;
    const position = earlier === undefined ? kept : undefined;
    const otherId = position === undefined ? otherTopicId(flow.options.flow, place, stored, known) : undefined;
    const log = { start: starts.get(name) ?? 0n, end: ends.get(name) ?? 0n };
    if (otherId !== undefined) {
      const again = recreated(place, otherId, place.source.topicId ?? 'none');
      const owner = { flow: flow.options.flow, partition: place.source.partition, source: otherId };
      const before = earlier ?? stored.get(positionKey(owner));
      if (goesOnAfter(flow, again)) found.push(intoSameTarget(flow, place, before, again, log));
    } else if (position === undefined) {
      unstarted.push(place);
    } else {
      const start = await startAt(flow, place, position, log);
      if (start !== null) found.push(start);
    }
  }
  return [...found, ...(await freshStarts(flow, unstarted, starts, known))];
}

/** Where a position goes on; null where a loss stops it. */
async function startAt(
  flow: FlowContext,
  place: SourcePlace,
  position: PositionRecord,
  log: LogRange,
): Promise<SourceStart | null> {
  const name = partitionName(place.source);
  const passed = flow.passed.get(name);
  flow.passed.delete(name);
  const other = otherPartitioning(place, position);
  if (other !== null) {
    recordLoss(flow, other);
    return null;
  }
  const found = lossAt(place, position.nextSource, log.start, log.end);
  if (found === null && passed?.kind !== 'truncated') return resumed(place, position);
  const lost = found === null ? passed : await nameLoss(flow, place, found);
  if (lost === undefined || (lost !== passed && !goesOnAfter(flow, lost))) return null;
  return pastSourceLoss(flow, place, position, lost, log);
}

/** What a position says that the source's log no longer holds; null where it can go on. */
export function lossAt(place: LossPlace, position: bigint, logStart: bigint, end: bigint): Loss | null {
  if (position < logStart) return lostToRetention(place, position, logStart);
  return position > end ? truncated(place, position, end) : null;
}

/** Of positions that stand under a topic's name. */
const noTopicId = '';

/** Topic ids under which a source topic has positions. */
function knownTopics(stored: ReadonlyMap<string, PositionRecord>): ReadonlyMap<string, ReadonlySet<string>> {
  const ids = new Map<string, Set<string>>();
  for (const { source } of stored.values()) {
    const { topic, topicId = noTopicId } = source;
    const known = ids.get(topic) ?? new Set();
    ids.set(topic, known.add(topicId));
  }
  return ids;
}

/**
 * The last id under which the partition was mirrored, where the topic now has one under which it never was. Others of the
 * topic may have been meanwhile; of a partition that never was, its topic tells.
 */
function otherTopicId(
  flow: string,
  { source: { topic, topicId, partition } }: SourcePlace,
  stored: ReadonlyMap<string, PositionRecord>,
  known: KnownTopics,
): string | undefined {
  const ids = [...(known.get(topic) ?? [])].filter((id) => id !== noTopicId);
  if (topicId === undefined) return undefined;
  const own = ids.findLast((source) => stored.has(positionKey({ flow, partition, source })));
  const isUnderName = stored.has(positionKey({ flow, partition, source: topic }));
  return own ?? (isUnderName || !ids.includes(topicId) ? ids.find((id) => id !== topicId) : undefined);
}

/** It stands under the topic's name since there were no ids, and the topic was mirrored under another id than today's since. */
function isOfEarlierTopic(
  { source: { topicId: before } }: PositionRecord,
  { topic, topicId }: PartitionPlace,
  known: KnownTopics,
): boolean {
  if (before !== undefined || topicId === undefined) return false;
  return [...(known.get(topic) ?? [])].some((id) => id !== noTopicId && id !== topicId);
}

function resumed(place: SourcePlace, record: PositionRecord): SourceStart {
  return {
    ...place,
    startSource: record.startSource,
    nextSource: record.nextSource,
    sourceEpoch: record.sourceEpoch ?? noEpoch,
    segments: record.segments,
    storedTarget: record.target,
    nextTarget: record.nextTarget,
    fresh: record.source.topicId !== place.source.topicId,
    ...(record.trimmed === true ? { trimmed: true } : {}),
  };
}

/**
 * `latest` is where the flow began, all of whose first positions are stored at once: a topic, or a partition of one, that
 * has none then came later, and its first records must not be skipped.
 */
async function freshStarts(
  flow: FlowContext,
  places: readonly SourcePlace[],
  logStarts: ReadonlyMap<string, bigint>,
  known: KnownTopics,
): Promise<SourceStart[]> {
  const { start, source, clock } = flow.options;
  const asked = places.map((one) => one.source).filter((one) => start !== 'earliest' && !isYounger(start, known, one));
  const stable = await askOffsets(source, asked, 'last-stable', clock);
  const timed = typeof start === 'object' ? await askOffsets(source, asked, start, clock) : new Map<string, bigint>();
  return places.map((place) => {
    const name = partitionName(place.source);
    const byTime = timed.get(name) ?? -1n;
    const wanted = byTime >= 0n ? byTime : stable.get(name);
    const logStart = logStarts.get(name) ?? 0n;
    const nextSource = wanted === undefined || wanted < logStart ? logStart : wanted;
    return {
      ...place,
      startSource: nextSource,
      nextSource,
      sourceEpoch: noEpoch,
      segments: [],
      storedTarget: null,
      nextTarget: null,
      fresh: true,
    };
  });
}

type KnownTopics = ReturnType<typeof knownTopics>;

function isYounger(start: MirrorOptions['start'], known: KnownTopics, { topic }: PartitionPlace): boolean {
  return known.has(topic) || (start === 'latest' && known.size > 0);
}

/**
 * What must begin in one session, by a name: once some of it has a position, the rest would count as younger and begin at its
 * log start. Null of a place that goes on, or begins there anyway.
 */
export function beginnings(
  { options: { flow, start } }: FlowContext,
  stored: ReadonlyMap<string, PositionRecord>,
): (place: SourcePlace) => string | null {
  const known = knownTopics(stored);
  return ({ source }) => {
    const goesOn = keptFor(stored, { flow, source }) !== undefined;
    if (goesOn || start === 'earliest' || isYounger(start, known, source)) return null;
    return start === 'latest' ? 'the flow' : `topic ${source.topic}`;
  };
}

export function goneLoss(place: LossPlace, side: 'source' | 'target', cluster: string): Loss {
  const at = side === 'source' ? place.source : place.target;
  return loss(side === 'source' ? 'source-gone' : 'target-gone', place, {
    summary: `${partitionName(at)} does not exist on cluster ${cluster}.`,
  });
}
