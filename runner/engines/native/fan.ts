import type { KeyHash } from '../../../src/migration/migration.ts';
import { type KeptCheckpoint, slotForNext } from '../../../src/offset-map/checkpoints.ts';
import {
  type Checkpoint,
  checkpointKey,
  encodeCheckpoint,
  encodeTarget,
  type SourceProgress,
  type TopicPlace,
  targetKey,
} from '../../../src/state/by-key-codec.ts';
import { positionRecordVersion } from '../../../src/state/records.ts';
import type { NewRecord } from '../../records/build.ts';
import { checkpointIntervalMs, encodedGrowth } from './limits.ts';
import type { MirroredPartition } from './partition.ts';
import { openTarget, type TargetPartition, type TargetStart } from './target-partition.ts';

/** Where a topic whose records go by key goes on. */
export interface FanStart {
  readonly flow: string;
  readonly hash: KeyHash;
  readonly source: TopicPlace;
  readonly target: TopicPlace;
  /** By partition number. */
  readonly targets: readonly TargetStart[];
  /** Source partitions that are not mirrored now, but were; by their number. */
  readonly stopped: ReadonlyMap<number, SourceProgress>;
  /** In order. */
  readonly checkpoints: readonly KeptCheckpoint[];
}

/**
 * A topic whose records go by key, within one session: every source partition may write every target partition. So a source
 * batch is written only when its part in each of them is: its position moves at the commit alone, when all that was made
 * ready is answered, and no transaction ends with a part of a batch.
 */
export interface Fan extends Pick<FanStart, 'flow' | 'hash' | 'source' | 'target' | 'stopped'> {
  readonly targets: readonly TargetPartition[];
  readonly sources: MirroredPartition[];
  /** Brokers of `targets`, each once. */
  readonly leaders: readonly number[];
  /** Index of the source whose batches are made ready next. */
  rotation: number;
  /** All of `sources` were looked at and nothing is queued; they are not looked at again until a fetch brings something. */
  drained: boolean;
  /** Bytes that were made of one byte of the last batches; at least `encodedGrowth`. */
  growth: number;
  /** Of what was made ready for its targets and is not sent. */
  unsentBytes: number;
  /** Where each target partition ends, as it is stored; null: it is not. */
  readonly storedTargets: (bigint | null)[];
  readonly checkpoints: KeptCheckpoint[];
  /** When the last one was written in this session; null: none. */
  checkpointAtMs: number | null;
}

export function openFan({ flow, hash, source, target, targets, stopped, checkpoints }: FanStart): Fan {
  const opened: TargetPartition[] = [];
  const fan: Fan = {
    flow,
    hash,
    source,
    target,
    stopped,
    targets: opened,
    sources: [],
    leaders: [...new Set(targets.map((one) => one.leader))],
    rotation: 0,
    drained: false,
    growth: encodedGrowth,
    unsentBytes: 0,
    storedTargets: targets.map(() => null),
    checkpoints: [...checkpoints],
    checkpointAtMs: null,
  };
  opened.push(...targets.map((one) => openTarget(one, fan.sources, fan)));
  return fan;
}

/** What a commit writes of a fan besides its positions, and what is to be noted when that is stored. */
export interface FanToWrite {
  readonly records: readonly NewRecord[];
  noteWritten(): void;
}

/** `ends`: where the target partitions end once the transaction is committed. All that was sent is answered. */
export function fanToWrite(fan: Fan, ends: readonly bigint[], nowMs: number): FanToWrite {
  const { flow, source, target, storedTargets } = fan;
  const topic = { v: positionRecordVersion, flow, source, target };
  const timestamp = BigInt(nowMs);
  const targets = ends.flatMap((nextTarget, partition) => {
    if (storedTargets[partition] === nextTarget) return [];
    const recordsEnd = fan.targets[partition]?.recordsEnd ?? null;
    const record = { ...topic, partition, nextTarget, ...(recordsEnd === null ? {} : { recordsEnd }) };
    return [{ key: Buffer.from(targetKey(record)), value: Buffer.from(encodeTarget(record)), timestamp }];
  });
  const isDue =
    fan.checkpointAtMs === null ||
    nowMs - fan.checkpointAtMs >= checkpointIntervalMs ||
    fan.sources.some((one) => one.fresh);
  const checkpoint = isDue ? nextCheckpoint(fan, { ...topic, targets: ends }, timestamp) : null;
  return {
    records: [...targets, ...(checkpoint === null ? [] : [checkpoint.record])],
    noteWritten() {
      storedTargets.splice(0, ends.length, ...ends);
      if (checkpoint === null) return;
      fan.checkpoints.splice(0, fan.checkpoints.length, ...checkpoint.kept);
      fan.checkpointAtMs = nowMs;
    },
  };
}

function nextCheckpoint(fan: Fan, cut: Omit<Checkpoint, 'number' | 'sources'>, timestamp: bigint) {
  const sources = sourcesOf(fan);
  const number = (fan.checkpoints.at(-1)?.number ?? -1n) + 1n;
  const { slot, kept } = slotForNext(fan.checkpoints, { number, weight: weightOf(sources) });
  const key = Buffer.from(checkpointKey(cut, slot));
  return { kept, record: { key, value: Buffer.from(encodeCheckpoint({ ...cut, number, sources })), timestamp } };
}

/** Of every source partition that was ever mirrored: one that is missing would count as not begun. */
function sourcesOf({ sources, stopped }: Fan): (SourceProgress | null)[] {
  const progress = new Map(stopped);
  for (const { source, recordsEnd, writtenSource } of sources) {
    progress.set(source.partition, { recordsEnd, next: writtenSource });
  }
  const count = Math.max(...progress.keys()) + 1;
  return Array.from({ length: count }, (_, partition) => progress.get(partition) ?? null);
}

/** Source offsets that are mirrored. */
export function weightOf(sources: Checkpoint['sources']): bigint {
  return sources.reduce((sum, one) => sum + (one?.next ?? 0n), 0n);
}
