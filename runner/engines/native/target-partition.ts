import type { Encoded } from '../../records/reencode.ts';
import type { Fan } from './fan.ts';
import type { MirroredPartition, PartitionPlace } from './partition.ts';
import { createQueue, type Queue } from './queue.ts';
import type { SharedBytes } from './shared-bytes.ts';

/** A batch for the target, still without producer and sequence. */
export interface ReadyBatch extends Encoded {
  /** The source partition that its records are of. */
  readonly from: MirroredPartition;
  /** The source partition's position once it is written, and behind what was left out after it; by key it tells nothing. */
  next: bigint;
  readonly bytes: SharedBytes;
}

/** A batch on its way to the target. */
export interface SentBatch {
  readonly ready: ReadyBatch;
  /** The base offset that its answer must bring. */
  readonly baseOffset: bigint;
  /** What its answer brought; null: not answered. */
  answeredOffset: bigint | null;
}

/** Where a partition of the target is written, within one session: of one source partition, or by key of all of a topic's. */
export interface TargetPartition {
  readonly place: PartitionPlace;
  readonly leader: number;
  /** The topic's, where records go by key; else null, and one source partition alone is written here. */
  readonly fan: Fan | null;
  /** What is written here. */
  readonly sources: readonly MirroredPartition[];
  /** First to be sent. */
  readonly ready: Queue<ReadyBatch>;
  /** In the order in which they were sent. */
  readonly unanswered: Queue<SentBatch>;
  /** Base offset that the next batch must get. */
  nextTarget: bigint;
  /** Behind the last record that the target has answered for. */
  writtenTarget: bigint;
  /** Behind the last record of ours, in sessions before too; null where none is known. Kept by key only. */
  recordsEnd: bigint | null;
  /** Sequence of the next batch's first record. */
  sequence: number;
  /** Sequence of the record that comes to `writtenTarget`. */
  writtenSequence: number;
  /** When the target last answered for a batch; before the first one, never. */
  answeredAtMs: number;
  /** Part of the open transaction: its marker takes one offset. */
  inTransaction: boolean;
  /** The target has answered for a batch of the open transaction. */
  entered: boolean;
}

export interface TargetStart {
  readonly place: PartitionPlace;
  readonly leader: number;
  readonly nextTarget: bigint;
  readonly recordsEnd?: bigint | null;
}

export function openTarget(
  { place, leader, nextTarget, recordsEnd = null }: TargetStart,
  sources: readonly MirroredPartition[],
  fan: Fan | null = null,
): TargetPartition {
  return {
    place,
    fan,
    sources,
    leader,
    ready: createQueue(),
    unanswered: createQueue(),
    nextTarget,
    writtenTarget: nextTarget,
    recordsEnd,
    sequence: 0,
    writtenSequence: 0,
    answeredAtMs: Number.NEGATIVE_INFINITY,
    inTransaction: false,
    entered: false,
  };
}
