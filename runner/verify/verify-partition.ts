import type { Clock, LogReader } from '../engines/native/ports.ts';
import type { MirroredPartition } from '../groups/mirrored-partition.ts';
import { createRecordDigest } from '../records/digest.ts';
import { type ComparedRange, comparedRange } from './compared-range.ts';
import { type Difference, differingParts } from './difference.ts';
import { sourceToTarget, targetToSource } from './offset-map-cursor.ts';
import { openRecordStream, type RecordStream } from './record-stream.ts';
import { settleUnpaired } from './settle-unpaired.ts';
import { createUnpairedKeys } from './unpaired-keys.ts';

export interface PartitionComparison {
  readonly partition: MirroredPartition;
  readonly range: ComparedRange;
  /** Pairs of records that were compared. */
  readonly records: bigint;
  /** Of what stands on each side, without the records that a cleaner or retention took on the other one. */
  readonly sourceDigest: string;
  readonly targetDigest: string;
  readonly equal: boolean;
  /** Records of one side that a cleaner took on the other. */
  readonly cleaned: bigint;
  /** Of the cleaned ones, those for which no later record of their key was looked for: too many keys. */
  readonly unproven: bigint;
  readonly differences: bigint;
  /** The first one by source offset of those found in order, else one that the end of the log brought to light. */
  readonly firstDifference: Difference | null;
}

export interface PartitionWorld {
  readonly source: LogReader;
  readonly target: LogReader;
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
  /** Records compared since the last call. */
  readonly onRecords: (records: number) => void;
}

/** Whether the cleaner may take records on each side (`cleanup.policy` holds `compact`). */
export interface Compacted {
  readonly source: boolean;
  readonly target: boolean;
}

/**
 * Compares one partition record by record: both logs are read once, in the order of source offsets, each target record
 * set against the source record that the map names. Memory: one fetch a side and, where a cleaner is at work, the keys
 * that wait for a later record (see `UnpairedKeys`).
 */
export async function verifyPartition(
  world: PartitionWorld,
  partition: MirroredPartition,
  compacted: Compacted,
): Promise<PartitionComparison> {
  const { segments } = partition.input;
  const range = comparedRange(partition.input);
  const source = openStream(world, 'source', partition, range);
  const target = openStream(world, 'target', partition, range);
  const toTarget = sourceToTarget(segments);
  const toSource = targetToSource(segments);
  const digests = { source: createRecordDigest(), target: createRecordDigest() };
  const unpaired = createUnpairedKeys();
  const mayBeCleaned = compacted.source || compacted.target;
  let records = 0n;
  let cleaned = 0n;
  let differences = 0n;
  let first: Difference | null = null;

  function differ(difference: Difference): void {
    differences += 1n;
    first ??= difference;
  }

  function compare(): void {
    digests.source.addAt(source.cursor);
    digests.target.addAt(target.cursor);
    records += 1n;
    const parts = differingParts(source.cursor, target.cursor);
    const offsets = { sourceOffset: source.offset, targetOffset: target.offset };
    if (parts.length > 0) differ({ kind: 'changed', ...offsets, parts });
    if (mayBeCleaned) unpaired.seenPaired(source.cursor);
  }

  function onlyAtSource(): void {
    const targetOffset = toTarget(source.offset);
    if (targetOffset !== null && targetOffset < target.logStart) return;
    if (targetOffset !== null && compacted.target) {
      cleaned += 1n;
      unpaired.addUnpaired(source.cursor, 'source', source.offset, targetOffset);
      return;
    }
    digests.source.addAt(source.cursor);
    differ({ kind: 'missing', sourceOffset: source.offset, targetOffset });
  }

  function onlyAtTarget(sourceOffset: bigint | null): void {
    if (sourceOffset !== null && sourceOffset < source.logStart) return;
    if (sourceOffset !== null && compacted.source) {
      cleaned += 1n;
      unpaired.addUnpaired(target.cursor, 'target', sourceOffset, target.offset);
      return;
    }
    digests.target.addAt(target.cursor);
    differ({ kind: 'extra', sourceOffset, targetOffset: target.offset });
  }

  let reported = 0n;
  async function moved(stream: RecordStream): Promise<boolean> {
    if (stream.step()) return true;
    world.onRecords(Number(records - reported));
    reported = records;
    return stream.fill();
  }

  let [hasSource, hasTarget] = await Promise.all([source.fill(), target.fill()]);
  while (hasSource || hasTarget) {
    const sourceOffset = hasTarget ? toSource(target.offset) : null;
    if (hasTarget && (sourceOffset === null || !hasSource || sourceOffset < source.offset)) {
      onlyAtTarget(sourceOffset);
      hasTarget = await moved(target);
    } else if (sourceOffset === null || source.offset < sourceOffset) {
      onlyAtSource();
      hasSource = await moved(source);
    } else {
      compare();
      hasSource = source.step() || (await moved(source));
      hasTarget = target.step() || (await moved(target));
    }
  }
  world.onRecords(Number(records - reported));
  const unsettled = await settleUnpaired(world, partition, range, unpaired.waiting);
  for (const one of unsettled) differ(one);
  return {
    partition,
    range,
    records,
    sourceDigest: digests.source.finish().sha256,
    targetDigest: digests.target.finish().sha256,
    equal: differences === 0n,
    cleaned: cleaned - BigInt(unsettled.length),
    unproven: unpaired.unproven,
    differences,
    firstDifference: first,
  };
}

function openStream(
  world: PartitionWorld,
  side: 'source' | 'target',
  partition: MirroredPartition,
  range: ComparedRange,
): RecordStream {
  const { start, end } = range[side];
  return openRecordStream(world[side], { ...partition[side], from: start, to: end }, world.clock, world.signal);
}
