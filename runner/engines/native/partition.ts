import type { SealedMap, Thinned } from '../../../src/offset-map/seal.ts';
import type { Segment } from '../../../src/offset-map/segment.ts';
import type { Span } from '../../../src/offset-map/span.ts';
import type { Fan, FanStart } from './fan.ts';
import type { LossPlace } from './losses.ts';
import { createQueue, type Queue } from './queue.ts';
import { noEpoch, type ReadEpochs } from './read-epochs.ts';
import type { SharedBytes } from './shared-bytes.ts';
import { openTarget, type TargetPartition } from './target-partition.ts';

/** One end of a mirrored partition. The topic id is absent on clusters before 2.8. */
export interface PartitionPlace {
  readonly topic: string;
  readonly partition: number;
  readonly topicId?: string;
}

/** A batch or a stretch of records that stand and what holds its bytes, or only the position moves on (markers, aborted or empty batches). */
export type QueuedBatch = {
  /** The first source offset behind it, and behind what was left out after it. */
  next: bigint;
} & ({ readonly batch: Buffer; readonly bytes: SharedBytes } | { readonly batch: null });

/**
 * A mirrored partition within one session, in source offsets:
 *
 *     committedSource <= writtenSource <= nextSource <= nextReady <= nextFetch
 *     | in the positions | answered     | sent        | ready      | queued   | not fetched
 *
 * By key, what is made ready of a batch goes to several target partitions, and counts as sent at once: a commit sends all of
 * it first, and then has it answered.
 */
export interface MirroredPartition extends LossPlace {
  readonly source: PartitionPlace;
  readonly target: PartitionPlace;
  readonly targetMaxMessageBytes: number;
  readonly isCompacted?: boolean;
  readonly startSource: bigint;
  readonly queue: Queue<QueuedBatch>;
  queuedBytes: number;
  /** Of all that came of it and of what was made of that, until it is written. */
  heldBytes: number;
  /** Where its records go; by key, where those without a key go. */
  readonly to: TargetPartition;
  nextFetch: bigint;
  /** Where the session began to read. */
  readonly fetchedFrom: bigint;
  /** Base offsets of batches that were found damaged in sessions before. */
  readonly suspects: ReadonlySet<bigint>;
  /** Answers in a row that held bytes and no batch to go on with. */
  fruitlessFetches: number;
  readonly epochs: ReadEpochs;
  /** The source has not contradicted what was read before this session. */
  confirmed: boolean;
  nextReady: bigint;
  nextSource: bigint;
  writtenSource: bigint;
  committedSource: bigint;
  /** Behind the last record that was made ready; known by key only. */
  recordsEnd: bigint;
  /** Ready batches below this source offset may be sent (`delivery: idempotent`). */
  announcedSource: bigint;
  /** The newest part of the offset map, as far as the target has answered; by key there is none. */
  readonly segments: Segment[];
  /** No position is stored yet. */
  fresh: boolean;
  /** The older part, as it is stored. */
  sealed: SealedMap;
  /** So many of its oldest pieces the next position deletes: nobody can ask for what they hold. */
  piecesToDrop: number;
  /** Pieces that the next position makes spans of. */
  thinned: readonly Thinned[];
  /** Keys of sealed pieces that are wrong after a loss: the next position deletes them. */
  retired: readonly string[];
  /** A loss stopped it; what is queued is still written. */
  halted: boolean;
  sourceLeader: number;
  lastStable: bigint;
  /** Since when the source answers with errors; null while it does not. */
  failingSinceMs: number | null;
}

export interface PartitionStart extends LossPlace {
  readonly source: PartitionPlace;
  readonly target: PartitionPlace;
  readonly targetMaxMessageBytes: number;
  readonly isCompacted?: boolean;
  readonly startSource: bigint;
  readonly nextSource: bigint;
  /** Of the last record before `nextSource`; -1 where it is not known. */
  readonly sourceEpoch: number;
  readonly nextTarget: bigint;
  readonly segments: readonly Segment[];
  /** No position is stored yet: the first transaction writes it. */
  readonly fresh: boolean;
  /** Sealed pieces of the map, by their first source offset, that the next position deletes. */
  readonly dropSealed?: readonly bigint[];
  /** What stays of the newest sealed piece that is not deleted, a span: the log was cut in it, or right behind it. */
  readonly cutSpan?: Span;
  /** Older parts of the map are missing. */
  readonly trimmed?: boolean;
  readonly sourceLeader: number;
  readonly targetLeader: number;
  /** Records go by key; the same for all partitions of the topic. */
  readonly fan?: FanStart;
  /** Absent without a fan. */
  readonly recordsEnd?: bigint;
}

/** With what is sealed of its map. */
export interface KnownStart extends PartitionStart {
  readonly sealed: SealedMap;
  /** Keys of what of it is deleted. */
  readonly retired: readonly string[];
}

export function openPartition(start: KnownStart, suspects: ReadonlySet<bigint>, fan: Fan | null): MirroredPartition {
  const {
    flow,
    source,
    target,
    targetMaxMessageBytes,
    isCompacted = false,
    startSource,
    sourceLeader,
    targetLeader,
    nextTarget,
  } = start;
  const sources = fan?.sources ?? [];
  const own = fan?.targets[target.partition];
  const partition: MirroredPartition = {
    flow,
    source,
    target,
    targetMaxMessageBytes,
    isCompacted,
    startSource,
    sourceLeader,
    fresh: start.fresh,
    sealed: start.sealed,
    piecesToDrop: 0,
    thinned: [],
    retired: start.retired,
    to: own ?? openTarget({ place: target, leader: targetLeader, nextTarget }, sources),
    queue: createQueue(),
    queuedBytes: 0,
    heldBytes: 0,
    nextFetch: start.nextSource,
    fetchedFrom: start.nextSource,
    suspects,
    fruitlessFetches: 0,
    epochs: start.sourceEpoch === noEpoch ? [] : [{ epoch: start.sourceEpoch, from: start.nextSource - 1n }],
    confirmed: start.sourceEpoch === noEpoch,
    nextReady: start.nextSource,
    nextSource: start.nextSource,
    writtenSource: start.nextSource,
    committedSource: start.nextSource,
    recordsEnd: start.recordsEnd ?? start.nextSource,
    announcedSource: start.nextSource,
    segments: [...start.segments],
    halted: false,
    lastStable: start.nextSource,
    failingSinceMs: null,
  };
  sources.push(partition);
  return partition;
}

/** The position differs from the stored one, or will when all answers are there. */
export function hasMoved({ fresh, nextSource, committedSource }: MirroredPartition): boolean {
  return fresh || nextSource !== committedSource;
}

/** Moves the position over what holds no records, once all before it is written; by key also over what was made ready. */
export function movePosition(partition: MirroredPartition, next: bigint): void {
  partition.nextReady = next;
  if (partition.to.fan !== null) {
    partition.nextSource = next;
    return;
  }
  const { ready, unanswered } = partition.to;
  const before = ready.last() ?? unanswered.last()?.ready;
  if (before !== undefined) before.next = next;
  if (ready.length > 0) return;
  partition.nextSource = next;
  if (unanswered.length === 0) partition.writtenSource = next;
}
