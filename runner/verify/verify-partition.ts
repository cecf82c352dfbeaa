import type { Clock, LogReader } from '../engines/native/ports.ts';
import type { MirroredPartition } from '../groups/mirrored-partition.ts';
import type { StreamWorld } from './batch-stream.ts';
import { type Compacted, type Comparison, compareFetched, offsetMap, partEndBehind } from './compare-logs.ts';
import { type ComparedRange, comparedRange } from './compared-range.ts';
import type { Difference, DifferenceKind } from './difference.ts';
import { openLogSide } from './log-side.ts';
import { lookAround } from './look-around.ts';
import type { MemoryShare, VerifyMemory } from './memory.ts';
import { createPairDigest, type PairSide } from './pair-digest.ts';
import { settleUnpaired } from './settle-unpaired.ts';
import { createTally, differencesOf, note } from './tally.ts';
import { createUnpairedKeys } from './unpaired-keys.ts';

export type { Compacted } from './compare-logs.ts';

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
  readonly kinds: Readonly<Record<DifferenceKind, number>>;
  /** The first one by source offset of those found in order, else one that the end of the log brought to light. */
  readonly firstDifference: Difference | null;
}

export interface PartitionWorld {
  readonly source: LogReader;
  readonly target: LogReader;
  readonly clock: Clock;
  readonly memory: VerifyMemory;
  readonly signal?: AbortSignal | undefined;
  /** Records compared since the last call. */
  readonly onRecords: (records: number) => void;
}

/**
 * Compares one partition: both logs are read once, in the order of source offsets, each target record set against the
 * source record that the map names. Where they differ both are looked at record by record until they are in step again.
 * Memory: its share of `memory`, and, where a cleaner is at work, the keys that wait for a later record (`UnpairedKeys`).
 */
export async function verifyPartition(
  world: PartitionWorld,
  partition: MirroredPartition,
  compacted: Compacted,
): Promise<PartitionComparison> {
  const memory = world.memory.join();
  const streams = { source: streamWorld(world, 'source', memory), target: streamWorld(world, 'target', memory) };
  const range = comparedRange(partition.input);
  const comparison = openComparison(streams, partition, range, compacted);
  try {
    return await compare({ world, streams, partition, range }, comparison);
  } finally {
    await Promise.all([comparison.source.close(), comparison.target.close()]);
    memory.leave();
  }
}

type Streams = Readonly<Record<PairSide, StreamWorld>>;

function streamWorld({ clock, signal, ...logs }: PartitionWorld, side: PairSide, memory: MemoryShare): StreamWorld {
  return { log: logs[side], clock, memory, signal };
}

function openComparison(
  streams: Streams,
  partition: MirroredPartition,
  range: ComparedRange,
  compacted: Compacted,
): Comparison {
  const open = (side: PairSide) =>
    openLogSide(streams[side], { ...partition[side], from: range[side].start, to: range[side].end });
  return {
    source: open('source'),
    target: open('target'),
    compacted,
    unpaired: createUnpairedKeys(),
    digest: createPairDigest(),
    tally: createTally(),
    map: offsetMap(partition.input.segments, 0n),
    partEnd: partEndBehind(range.source.start),
  };
}

interface Place {
  readonly world: PartitionWorld;
  readonly streams: Streams;
  readonly partition: MirroredPartition;
  readonly range: ComparedRange;
}

async function compare(place: Place, comparison: Comparison): Promise<PartitionComparison> {
  const { world, streams, partition, range } = place;
  const { tally, digest, unpaired, source, target } = comparison;
  let told = 0;
  await Promise.all([source.fill(), target.fill()]);
  for (let pause = compareFetched(comparison); pause !== 'end'; pause = compareFetched(comparison)) {
    world.onRecords(tally.records - told);
    told = tally.records;
    if (pause === 'difference') await getInStep(place, comparison);
    else await comparison[pause].fill();
  }
  world.onRecords(tally.records - told);
  const unsettled = await settleUnpaired(streams, partition, range, unpaired.waiting);
  for (const one of unsettled) note(tally, one);
  const { source: sourceDigest, target: targetDigest } = digest.finish();
  const differences = differencesOf(tally);
  return {
    partition,
    range,
    records: BigInt(tally.records),
    sourceDigest,
    targetDigest,
    equal: differences === 0,
    cleaned: BigInt(tally.cleaned - unsettled.length),
    unproven: BigInt(unpaired.unproven),
    differences: BigInt(differences),
    kinds: tally.kinds,
    firstDifference: tally.first,
  };
}

async function getInStep({ streams, partition, range }: Place, comparison: Comparison): Promise<void> {
  const { source, target, map, digest, tally } = comparison;
  const at = { source: source.offset, target: target.offset };
  await Promise.all([source.seek(at.source), target.seek(at.target)]);
  const { drift } = map;
  const inStep = await lookAround({ world: streams, partition, range, at, drift, digest, tally });
  comparison.map = offsetMap(partition.input.segments, inStep.drift);
  await Promise.all([source.seek(inStep.source), target.seek(inStep.target)]);
}
