import pMap from 'p-map';
import { atLeast, atMost } from '../../../src/offset-map/bounds.ts';
import type { Segment } from '../../../src/offset-map/segment.ts';
import { baseOffsetOf, lastOffsetOf, producerIdOf, recordCountOf } from '../../records/header.ts';
import { askOffsets, awaitNoTransaction } from './ask-offsets.ts';
import { type FlowContext, goesOnAfter, recordLoss } from './flow-context.ts';
import { scansMax } from './limits.ts';
import { type Loss, type LossPlace, loss, partitionName } from './losses.ts';
import type { PartitionStart } from './partition.ts';
import type { TopicPartition } from './ports.ts';
import { keptFor, type StoredPosition } from './positions.ts';
import { batchAt, scanBatches } from './scan.ts';
import type { SourceStart } from './source-start.ts';
import { endOfOurs, isOwnData, mirroredEnd, replaced } from './target-cut.ts';
import { behindTargetEnd, intoNewTarget, type LogRange, storedOf } from './ways-on.ts';

/**
 * Looks at what stands at the target above the positions, by header only: markers and our own aborted records may, anything
 * else makes a loss. The scan ends at the first foreign batch, so a stranger's log costs one fetch; our own aborted tail is
 * at most one transaction for each attempt that failed.
 *
 *   target   | ... our last record | marker | aborted, ours | marker |
 *                  ^ the scan begins here   ^ nextTarget             ^ end: the next base offset
 *                                  ^ a stranger may stand here, where the marker should
 *
 * Where the last record should stand is anything else, once the target has lost its newest records (an unclean election) and
 * been written to since: the markers and aborted records of a session that met the loss raise its end again.
 *
 * Partitions into which nothing was mirrored yet wait where another partition of their topic holds a stranger's records: the
 * topic can then be deleted and made again.
 */
export async function targetStarts(
  flow: FlowContext,
  starts: readonly SourceStart[],
  stored: ReadonlyMap<string, StoredPosition>,
): Promise<PartitionStart[]> {
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
      const at = { ...start, mirroredEnd: mirroredEnd(start, keptFor(stored, start)) };
      const isOpen = await openLoss(flow, start, open.get(name));
      const found = isOpen ?? endLoss(start, log.end) ?? (await tailLoss(flow, at, log, ours));
      if (found === null) return { ...start, nextTarget: log.end };
      // What the target lost is told only when nothing is open there.
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
  const from = lost.kind === 'target-lost' ? await pastTargetCut(flow, start, lost, log, ours) : start;
  return from && { ...from, fresh: true, nextTarget: log.end };
}

/** Null where nobody can tell what is lost, and where nobody decided about what somebody else wrote since. */
async function pastTargetCut(
  flow: FlowContext,
  start: SourceStart,
  lost: Loss,
  log: LogRange,
  ours: ReadonlySet<bigint>,
): Promise<SourceStart | null> {
  const stored = await storedOf(flow, start);
  if (stored === undefined) return start;
  const cut = await endOfOurs(flow, start, stored, log);
  const strange =
    cut === null ? null : await tailLoss(flow, { ...start, nextTarget: cut, mirroredEnd: null }, log, ours);
  if (strange !== null && !goesOnAfter(flow, strange)) return null;
  const from = cut === null ? null : await behindTargetEnd(flow, start, stored, cut);
  if (from === null) recordLoss(flow, lost);
  return from;
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

/** A transaction of ours that is open when its coordinator has ended all of them has lost its marker. */
export async function openLoss(
  flow: FlowContext,
  place: LossPlace,
  open: { readonly lastStable: bigint; readonly end: bigint } | undefined,
): Promise<Loss | null> {
  if (open === undefined) return null;
  const { target, clock, ledger } = flow.options;
  const { topic, partition } = place.target;
  const first = await batchAt(target, { topic, partition }, open.lastStable, clock);
  if (first !== null && ledger.known().includes(producerIdOf(first))) return openAgain(place, open.lastStable);
  return loss('foreign-writer', place, {
    summary: `Somebody else has a transaction open on the target partition ${partitionName(place.target)}, from offset ${open.lastStable}.`,
    offsets: open,
  });
}

function openAgain(place: LossPlace, open: bigint): Loss {
  const { topic, partition } = place.target;
  return loss('target-lost', place, {
    summary: `The target partition ${partitionName(place.target)} lost the end of a transaction of this flow: it is open again from offset ${open} on.`,
    offsets: { open },
    fix: `Abort it with kafka-transactions.sh --bootstrap-server HOST:PORT abort --topic ${topic} --partition ${partition} --start-offset ${open}. The next run tells what is lost, and can then go on with --accept.`,
  });
}

export function endLoss(place: LossPlace & { readonly nextTarget: bigint | null }, end: bigint): Loss | null {
  if (place.nextTarget === null || end >= place.nextTarget) return null;
  return loss('target-lost', place, {
    summary: `The target partition ${partitionName(place.target)} ends at offset ${end}, but was written up to ${place.nextTarget}.`,
    offsets: { end, nextTarget: place.nextTarget },
  });
}

/**
 * The first thing above the position that should not be there, or a stranger's right below it, or what stands where our last
 * record should. `mirroredEnd`: the offset behind that; null where it is not known.
 */
export async function tailLoss(
  flow: FlowContext,
  start: LossPlace & { readonly nextTarget: bigint | null; readonly mirroredEnd: bigint | null },
  log: LogRange,
  ours: ReadonlySet<bigint>,
): Promise<Loss | null> {
  const { target, clock } = flow.options;
  const { topic, partition } = start.target;
  const nextTarget = start.nextTarget ?? 0n;
  const mirrored = start.mirroredEnd ?? 0n;
  const first = start.mirroredEnd === null ? nextTarget - 1n : atMost(nextTarget, mirrored) - 1n;
  let found: Loss | null = null;
  await scanBatches(
    target,
    { topic, partition, from: atLeast(first, log.start), to: log.end },
    clock,
    (batch, fate) => {
      const isOurs = ours.has(producerIdOf(batch));
      const isEmptied = fate !== 'control' && recordCountOf(batch) === 0;
      if (isEmptied) return 'next';
      if (baseOffsetOf(batch) < mirrored) {
        if (isOwnData({ batch, fate, isOurs })) return 'next';
        found = replaced(start, batch, mirrored);
        return 'stop';
      }
      if (fate === 'control' || lastOffsetOf(batch) < nextTarget - 1n) return 'next';
      if (isOurs && (fate === 'aborted' || lastOffsetOf(batch) < nextTarget)) return 'next';
      found = isOurs ? positionsLost(start, batch) : foreignWriter(start, batch);
      return 'stop';
    },
  );
  return found;
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
