import pMap from 'p-map';
import { targetEnd } from '../../../src/offset-map/append.ts';
import { atLeast } from '../../../src/offset-map/bounds.ts';
import type { Segment } from '../../../src/offset-map/segment.ts';
import { controlTypeOf } from '../../records/aborted.ts';
import { baseOffsetOf, lastOffsetOf, producerIdOf, recordCountOf } from '../../records/header.ts';
import { askOffsets, awaitNoTransaction } from './ask-offsets.ts';
import { type FlowContext, goesOnAfter, recordLoss } from './flow-context.ts';
import { scansMax } from './limits.ts';
import { type Loss, type LossPlace, loss, partitionName } from './losses.ts';
import type { PartitionStart } from './partition.ts';
import type { TopicPartition } from './ports.ts';
import { scanBatches } from './scan.ts';
import type { SourceStart } from './source-start.ts';
import { behindTargetEnd, intoNewTarget, type LogRange, storedOf } from './ways-on.ts';

/**
 * Looks at what stands at the target above the positions, by header only: markers and our own aborted records may, anything
 * else makes a loss. The scan ends at the first foreign batch, so a stranger's log costs one fetch; our own aborted tail is
 * at most one transaction for each attempt that failed.
 *
 *   target   | ... our last record | marker | aborted, ours | marker |
 *                                           ^ nextTarget             ^ end: the next base offset
 *                                  ^ the scan begins here: a stranger may stand where the marker should (outside
 *                                    transactions: where our last record should)
 *
 * Partitions into which nothing was mirrored yet wait where another partition of their topic holds a stranger's records: the
 * topic can then be deleted and made again.
 */
export async function targetStarts(flow: FlowContext, starts: readonly SourceStart[]): Promise<PartitionStart[]> {
  const { target, clock } = flow.options;
  const sound = (await pMap(starts, (start) => withTarget(flow, start), { concurrency: scansMax })).filter(
    (start) => start !== null,
  );
  const partitions = sound.map((one) => one.target);
  const open = await awaitNoTransaction(target, partitions, clock);
  const logStarts = await askOffsets(target, partitions, 'earliest', clock);
  const ends = await askOffsets(target, partitions, 'latest', clock);
  const ours = new Set(flow.options.ledger.known());
  const ready = await pMap(
    sound,
    async (start): Promise<PartitionStart | null> => {
      const name = partitionName(start.target);
      const log = { start: logStarts.get(name) ?? 0n, end: ends.get(name) ?? 0n };
      const isOpen = openLoss(start, open.get(name));
      const found = isOpen ?? endLoss(start, log.end) ?? (await lossInTail(flow, start, log, ours));
      if (found === null) return { ...start, nextTarget: log.end };
      // What is open may be ours, and what the target lost is told only when it has ended.
      if (isOpen !== null && endLoss(start, log.end) !== null) recordLoss(flow, found);
      else if (goesOnAfter(flow, found)) return pastTargetLoss(flow, start, found, log, ours);
      return null;
    },
    { concurrency: scansMax },
  );
  const found = ready.filter((one) => one !== null);
  const strange = new Set([...flow.losses.values()].filter((one) => one.kind === 'foreign-writer').map(targetTopic));
  return found.filter((one) => !isEmpty(one) || !strange.has(targetTopic(one)));
}

/** Nothing of ours stands in the partition. */
function isEmpty({ segments }: { readonly segments: readonly Segment[] }): boolean {
  return segments.length === 0;
}

function targetTopic({ target }: { readonly target: TopicPartition }): string {
  return target.topic;
}

/** A target topic that was made again before anything was mirrored into it lost nothing. */
async function anewWhereEmpty(flow: FlowContext, start: SourceStart): Promise<SourceStart> {
  const { storedTarget: before, target: now } = start;
  const isNew = isEmpty(start) && (start.trimmed !== true || start.nextSource === start.startSource);
  if (before === null || !isNew || before.topic !== now.topic || before.topicId === now.topicId) return start;
  // Behind a span that a loss has cut there may be no segments yet.
  if (((await storedOf(flow, start))?.sealed().length ?? 0) > 0) return start;
  return { ...start, storedTarget: null, nextTarget: null, fresh: true };
}

/** Null where another topic stands at the target than was mirrored to, and nobody decided about it. */
async function withTarget(flow: FlowContext, stored: SourceStart): Promise<SourceStart | null> {
  const start = await anewWhereEmpty(flow, stored);
  const lost = otherTarget(start);
  if (lost === null) return start;
  return goesOnAfter(flow, lost) ? intoNewTarget(flow, start) : null;
}

/** Behind a stranger's records, or over what the target has lost. */
async function pastTargetLoss(
  flow: FlowContext,
  start: SourceStart,
  lost: Loss,
  log: LogRange,
  ours: ReadonlySet<bigint>,
): Promise<PartitionStart | null> {
  const isLost = lost.kind === 'target-lost';
  const from = isLost ? await behindTargetEnd(flow, start, await committedEnd(flow, start, log, ours)) : start;
  if (from === null) recordLoss(flow, lost);
  return from && { ...from, fresh: true, nextTarget: log.end };
}

/** Offsets that a committed record of ours is looked for in at first, from the end back; ten times as many each time. */
const lookedBackAtFirst = 1_000n;

/** Behind the last committed record of ours: what is aborted above it was the target's to keep, or never counted. */
async function committedEnd(
  { options: { target, clock } }: FlowContext,
  { target: { topic, partition } }: SourceStart,
  { start, end }: LogRange,
  ours: ReadonlySet<bigint>,
): Promise<bigint> {
  for (let back = lookedBackAtFirst; ; back *= 10n) {
    const from = atLeast(end - back, start);
    let found: bigint | null = null;
    await scanBatches(target, { topic, partition, from, to: end }, clock, (batch, fate) => {
      if (fate === 'data' && ours.has(producerIdOf(batch))) found = lastOffsetOf(batch) + 1n;
      return 'next';
    });
    if (found !== null) return found;
    if (from === start) return start;
  }
}

async function lossInTail(
  flow: FlowContext,
  start: SourceStart,
  log: LogRange,
  ours: ReadonlySet<bigint>,
): Promise<Loss | null> {
  const { loss: found, isEndedByUs } = await lookAtTail(flow, start, log, ours);
  return found ?? (isEndedByUs ? null : abortedLoss(flow, start, log));
}

/**
 * The last record that was mirrored is aborted: the target lost the marker of its transaction, which was ended anew. Nothing
 * else need be missing.
 */
async function abortedLoss(flow: FlowContext, start: SourceStart, log: LogRange): Promise<Loss | null> {
  const last = start.segments.at(-1);
  const at = last === undefined ? log.end : targetEnd(last) - 1n;
  if (at < log.start || at >= log.end) return null;
  const { target, clock } = flow.options;
  const { topic, partition } = start.target;
  let isAborted = false;
  await scanBatches(target, { topic, partition, from: at, to: at + 1n }, clock, (_batch, fate) => {
    isAborted = fate === 'aborted';
    return 'stop';
  });
  if (!isAborted) return null;
  return loss('target-lost', start, {
    summary: `The target partition ${partitionName(start.target)} has aborted the record at offset ${at}, which was committed when it was mirrored.`,
    offsets: { offset: at },
  });
}

/** The target topic is not the one that the position speaks of. */
export function otherTarget(start: SourceStart): Loss | null {
  const { storedTarget: before, target: now } = start;
  if (before === null) return null;
  if (before.topic !== now.topic) {
    return loss('target-recreated', start, {
      summary: `${partitionName(start.source)} was mirrored to topic ${before.topic} and should now go to ${now.topic}.`,
      fix: `Map it to ${before.topic} again, or mirror under another flow name to begin anew.`,
    });
  }
  if (before.topicId === undefined || now.topicId === undefined || before.topicId === now.topicId) return null;
  return loss('target-recreated', start, {
    summary: `The target topic ${now.topic} was deleted and made again: its id was ${before.topicId} and is ${now.topicId}.`,
  });
}

export function openLoss(
  place: LossPlace,
  open: { readonly lastStable: bigint; readonly end: bigint } | undefined,
): Loss | null {
  if (open === undefined) return null;
  return loss('foreign-writer', place, {
    summary: `Somebody else has a transaction open on the target partition ${partitionName(place.target)}, from offset ${open.lastStable}.`,
    offsets: open,
  });
}

export function endLoss(place: LossPlace & { readonly nextTarget: bigint | null }, end: bigint): Loss | null {
  if (place.nextTarget === null || end >= place.nextTarget) return null;
  return loss('target-lost', place, {
    summary: `The target partition ${partitionName(place.target)} ends at offset ${end}, but was written up to ${place.nextTarget}.`,
    offsets: { end, nextTarget: place.nextTarget },
  });
}

/** The first thing above the position that should not be there, or a stranger's right below it. */
export async function tailLoss(...args: Parameters<typeof lookAtTail>): Promise<Loss | null> {
  return (await lookAtTail(...args)).loss;
}

interface Tail {
  readonly loss: Loss | null;
  /** Right below the position stands a record of ours, or a marker that committed some; true where nothing stands there. */
  readonly isEndedByUs: boolean;
}

async function lookAtTail(
  flow: FlowContext,
  start: LossPlace & { readonly nextTarget: bigint | null },
  log: { readonly start: bigint; readonly end: bigint },
  ours: ReadonlySet<bigint>,
): Promise<Tail> {
  const { target, clock } = flow.options;
  const { topic, partition } = start.target;
  const nextTarget = start.nextTarget ?? 0n;
  const from = nextTarget > log.start ? nextTarget - 1n : log.start;
  let found: Loss | null = null;
  let isEndedByUs = true;
  await scanBatches(target, { topic, partition, from, to: log.end }, clock, (batch, fate) => {
    const isOurs = ours.has(producerIdOf(batch));
    const isBelow = lastOffsetOf(batch) < nextTarget;
    if (isBelow && fate === 'control') isEndedByUs = isOurs && controlTypeOf(batch) === 'COMMIT';
    if (isBelow && fate === 'aborted') isEndedByUs = false;
    if (fate === 'control' || recordCountOf(batch) === 0) return 'next';
    if (isOurs && (fate === 'aborted' || isBelow)) return 'next';
    found = isOurs ? positionsLost(start, batch) : foreignWriter(start, batch);
    return 'stop';
  });
  return { loss: found, isEndedByUs };
}

export function positionsLost(place: LossPlace, batch: Buffer): Loss {
  const offset = baseOffsetOf(batch);
  return loss('positions-lost', place, {
    summary: `The target partition ${partitionName(place.target)} holds records of this flow from offset ${offset} that no position speaks of.`,
    offsets: { offset },
  });
}

export function foreignWriter(place: LossPlace, batch: Buffer): Loss {
  const offset = baseOffsetOf(batch);
  const producerId = producerIdOf(batch);
  const who = producerId < 0n ? 'no producer id' : `producer id ${producerId}`;
  return loss('foreign-writer', place, {
    summary: `The target partition ${partitionName(place.target)} holds records of somebody else, from offset ${offset} (${who}).`,
    offsets: { offset },
  });
}
