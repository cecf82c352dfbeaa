import { atLeast, atMost } from '../../../src/offset-map/bounds.ts';
import { isSameTopic, type SourceProgress, type TopicPlace } from '../../../src/state/by-key-codec.ts';
import type { PositionRecord } from '../../../src/state/records.ts';
import { askOffsets, awaitNoTransaction } from './ask-offsets.ts';
import { describePresent } from './describe.ts';
import { type FanStart, weightOf } from './fan.ts';
import { type FlowContext, goesOnAfter, recordLoss } from './flow-context.ts';
import { type Loss, loss, partitionName } from './losses.ts';
import type { PartitionPlace, PartitionStart } from './partition.ts';
import type { TopicDescription } from './ports.ts';
import type { StoredPositions } from './positions.ts';
import { goneLoss, type SourceStart } from './source-start.ts';
import type { TargetStart } from './target-partition.ts';
import { endLoss, openLoss, otherTarget, tailLoss } from './target-start.ts';

/**
 * Where source partitions whose records go by key go on, topic by topic. What is wrong with a target partition is a loss of all
 * source partitions of its topic, since each may write there.
 */
export async function fanStarts(
  flow: FlowContext,
  sources: readonly SourceStart[],
  stored: StoredPositions,
): Promise<PartitionStart[]> {
  const byKey = sources.filter((one) => one.byKey !== undefined);
  const found: PartitionStart[] = [];
  for (const ofTopic of Map.groupBy(byKey, (one) => one.source.topic).values()) {
    found.push(...(await fanStart(flow, ofTopic, stored)));
  }
  return found;
}

async function fanStart(
  flow: FlowContext,
  starts: readonly SourceStart[],
  stored: StoredPositions,
): Promise<PartitionStart[]> {
  const [first] = starts;
  if (first?.byKey === undefined) return [];
  const { hash, partitions: count } = first.byKey;
  const own = stored.positions.map((one) => one.record).filter((one) => isSameTopic(one.source, first.source));
  const written = own.filter((one) => one.byKey?.recordsEnd !== one.startSource);
  const isNew = written.length === 0;
  const places = Array.from({ length: count }, (_, partition): PartitionPlace => ({ ...first.target, partition }));
  const topics = await describePresent(flow.options.target, places, flow.options.clock);
  const live = topics.get(first.target.topic);
  const odd = starts.map((start) => countLoss(flow, start, live, count) ?? otherThanWritten(start, own, written));
  if (stopsAll(flow, starts, odd)) return [];
  const known = stored.targets.filter((one) => isSameTopic(one.target, first.target));
  const targets = await targetsOf(flow, first, places, known);
  if (!goOn(flow, starts, targets.losses)) return [];
  const opened = targets.starts.map((one) => ({ ...one, leader: live?.leaders[one.place.partition] ?? -1 }));
  const progress = new Map(own.map((one) => [one.source.partition, progressOf(one)]));
  const mirrored = new Set(starts.map((one) => one.source.partition));
  const fan: FanStart = {
    flow: flow.options.flow,
    hash,
    source: topicOf(first.source),
    target: topicOf(first.target),
    targets: opened,
    stopped: new Map([...progress].filter(([partition]) => !mirrored.has(partition))),
    checkpoints: stored.checkpoints
      .filter(({ record }) => isSameTopic(record.source, first.source))
      .map(({ slot, record: { number, sources } }) => ({ slot, number, weight: weightOf(sources) }))
      .sort((a, b) => (a.number < b.number ? -1 : 1)),
  };
  return starts.map((start) => ({
    ...start,
    fresh: start.fresh || isNew || otherTarget(start) !== null,
    nextTarget: opened[start.target.partition]?.nextTarget ?? 0n,
    recordsEnd: atMost(progress.get(start.source.partition)?.recordsEnd ?? start.nextSource, start.nextSource),
    fan,
  }));
}

function topicOf({ topic, topicId }: TopicPlace): TopicPlace {
  return topicId === undefined ? { topic } : { topic, topicId };
}

function progressOf({ byKey, nextSource }: PositionRecord): SourceProgress {
  return { recordsEnd: byKey?.recordsEnd ?? nextSource, next: nextSource };
}

/** With another count of partitions, producers and this mirror would put keys elsewhere. */
function countLoss(
  { options: { target } }: FlowContext,
  start: SourceStart,
  live: TopicDescription | undefined,
  count: number,
): Loss | null {
  const there = live?.leaders.length ?? 0;
  if (there < count)
    return goneLoss({ ...start, target: { ...start.target, partition: there } }, 'target', target.cluster);
  if (there === count) return null;
  return loss('partitioning', start, {
    summary: `Records of ${partitionName(start.source)} go by key to ${count} partitions of ${start.target.topic}, and it has ${there} now.`,
  });
}

/**
 * The topic is not the one that was written. A position that nothing was mirrored of may speak of one before, that was empty: what
 * others of its topic wrote tells, also of those that are left out.
 */
function otherThanWritten(
  start: SourceStart,
  own: readonly PositionRecord[],
  written: readonly PositionRecord[],
): Loss | null {
  if (written.length === 0) return null;
  const position = own.find((one) => one.source.partition === start.source.partition);
  if (position === undefined || written.includes(position)) return otherTarget(start);
  const losses = written.map(({ target }) => otherTarget({ ...start, storedTarget: target }));
  return losses.find((one) => one !== null) ?? null;
}

/** Whether the topic is not the one that was written; no way leads on from that. Those without a loss share another one's. */
function stopsAll(flow: FlowContext, starts: readonly SourceStart[], odd: readonly (Loss | null)[]): boolean {
  const any = odd.find((one) => one !== null);
  if (any === undefined) return false;
  for (const [index, { source }] of starts.entries()) {
    const { topic, partition } = source;
    recordLoss(flow, odd[index] ?? { ...any, source: { topic, partition } });
  }
  return true;
}

interface Targets {
  readonly starts: readonly Omit<TargetStart, 'leader'>[];
  readonly losses: readonly Loss[];
}

/** Looks at every target partition as `targetStarts` does; the losses are those of the first source partition. */
async function targetsOf(
  flow: FlowContext,
  first: SourceStart,
  places: readonly PartitionPlace[],
  known: StoredPositions['targets'],
): Promise<Targets> {
  const { target, clock, ledger } = flow.options;
  const open = await awaitNoTransaction(target, places, clock);
  const logStarts = await askOffsets(target, places, 'earliest', clock);
  const ends = await askOffsets(target, places, 'latest', clock);
  const ours = new Set(ledger.known());
  const starts: Targets['starts'][number][] = [];
  const losses: Loss[] = [];
  for (const place of places) {
    const name = partitionName(place);
    const log = { start: logStarts.get(name) ?? 0n, end: ends.get(name) ?? 0n };
    const own = known.filter((one) => one.partition === place.partition);
    const mirroredEnd = highest(own.map((one) => one.recordsEnd));
    const nextTarget = highest(own.map((one) => one.nextTarget));
    const at = { flow: first.flow, source: first.source, target: place, nextTarget, mirroredEnd };
    const found =
      (await openLoss(flow, at, open.get(name))) ?? endLoss(at, log.end) ?? (await tailLoss(flow, at, log, ours));
    if (found !== null) losses.push(found);
    starts.push({ place, nextTarget: log.end, recordsEnd: mirroredEnd });
  }
  return { starts, losses };
}

/** A topic that was made again at the source goes on behind what the one before left: ends only grow. */
function highest(ends: readonly (bigint | undefined)[]): bigint | null {
  return ends.filter((one) => one !== undefined).reduce<bigint | null>((end, one) => atLeast(end ?? one, one), null);
}

/** A loss at one target partition is one of every source partition; none goes on where one may not. */
function goOn(flow: FlowContext, starts: readonly SourceStart[], losses: readonly Loss[]): boolean {
  const everywhere = losses.flatMap((found) =>
    starts.map(({ source: { topic, partition } }) => ({ ...found, source: { topic, partition } })),
  );
  const decided = everywhere.map((one) => goesOnAfter(flow, one));
  if (!decided.includes(false)) return true;
  for (const one of everywhere) recordLoss(flow, one);
  return false;
}
