import type { VerifiedRecord } from '../../src/state/verified-codec.ts';
import type { MirroredPartition } from '../groups/mirrored-partition.ts';
import type { StreamWorld } from './batch-stream.ts';
import { type Compacted, type Comparison, compareFetched, offsetMap, partEndBehind } from './compare-logs.ts';
import { type ComparedRange, comparedRange } from './compared-range.ts';
import type { Difference, DifferenceKind } from './difference.ts';
import { openLogSide } from './log-side.ts';
import { lookAround } from './look-around.ts';
import type { MemoryShare } from './memory.ts';
import { createPairDigest, type PairDigest, type PairSide } from './pair-digest.ts';
import { leftOut } from './scope.ts';
import { placeAtOrBehind } from './segment-cursor.ts';
import { settleUnpaired } from './settle-unpaired.ts';
import { createTally, differencesOf, note, type Tally } from './tally.ts';
import { createUnpairedKeys, type UnpairedKeys } from './unpaired-keys.ts';
import type { VerifyWorld } from './verify-world.ts';

export type { Compacted } from './compare-logs.ts';

export interface PartitionComparison {
  readonly partition: MirroredPartition;
  /** What both sides can still show of what is mirrored, or an earlier run has seen. */
  readonly range: ComparedRange;
  /** Source offsets of it that were not compared, since less was asked for. */
  readonly leftOut: readonly { readonly start: bigint; readonly end: bigint }[];
  /** How far an earlier run had come that this one went on after. */
  readonly before: VerifiedBefore | null;
  /** Pairs of records that were compared, those of earlier runs counted in. */
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

/** How far a partition is verified: everything below was equal. */
export type Verified = Omit<VerifiedRecord, 'v' | 'flow' | 'source' | 'target' | 'at'>;
export type VerifiedBefore = Omit<VerifiedRecord, 'v' | 'flow' | 'source' | 'target'>;

export interface PartitionPart {
  /** Goes on where an earlier run had come to. */
  readonly after?: VerifiedBefore | undefined;
  /** Told now and then how far all is equal. */
  readonly onVerified?: ((verified: Verified) => void) | undefined;
  /** A difference was found. */
  readonly onDifferent?: (() => void) | undefined;
  /** What of the range is compared, in order; all of it, where it is absent. */
  readonly stretches?: ((range: ComparedRange) => readonly ComparedRange[]) | undefined;
}

/**
 * Compares one partition: both logs are read once, in the order of source offsets, each target record set against the
 * source record that the map names. Where they differ both are looked at record by record until they are in step again.
 * Memory: its share of `memory`, and, where a cleaner is at work, the keys that wait for a later record (`UnpairedKeys`).
 */
export async function verifyPartition(
  world: VerifyWorld,
  partition: MirroredPartition,
  compacted: Compacted,
  part: PartitionPart = {},
): Promise<PartitionComparison> {
  const memory = world.memory.join();
  try {
    return await compareAll(openPlace(world, memory, partition, compacted, part));
  } finally {
    memory.leave();
  }
}

type Streams = Readonly<Record<PairSide, StreamWorld>>;

/** What the stretches of one partition share. */
interface Place {
  readonly world: VerifyWorld;
  readonly streams: Streams;
  readonly partition: MirroredPartition;
  readonly compacted: Compacted;
  readonly part: PartitionPart;
  readonly range: ComparedRange;
  readonly stretches: readonly ComparedRange[];
  readonly unpaired: UnpairedKeys;
  readonly digest: PairDigest;
  readonly tally: Tally;
}

function openPlace(
  world: VerifyWorld,
  memory: MemoryShare,
  partition: MirroredPartition,
  compacted: Compacted,
  part: PartitionPart,
): Place {
  const { after } = part;
  const now = comparedRange(partition.input);
  const streamWorld = (side: PairSide): StreamWorld => {
    return { log: world[side], clock: world.clock, memory, signal: world.signal };
  };
  const tally = createTally();
  tally.records = Number(after?.records ?? 0n);
  tally.cleaned = Number(after?.cleaned ?? 0n);
  return {
    world,
    streams: { source: streamWorld('source'), target: streamWorld('target') },
    partition,
    compacted,
    part,
    range: after === undefined ? now : startingAt(now, after.fromSource, after.fromTarget),
    stretches:
      after === undefined ? (part.stretches?.(now) ?? [now]) : [startingAt(now, after.nextSource, after.nextTarget)],
    unpaired: createUnpairedKeys(),
    digest: createPairDigest(after === undefined ? undefined : { source: after.digest, target: after.digest }),
    tally,
  };
}

function startingAt({ source, target }: ComparedRange, sourceStart: bigint, targetStart: bigint): ComparedRange {
  return { source: { ...source, start: sourceStart }, target: { ...target, start: targetStart } };
}

async function compareAll(place: Place): Promise<PartitionComparison> {
  const { partition, range, stretches, streams, tally, digest, unpaired, part } = place;
  for (const stretch of stretches) await compareStretch(place, stretch);
  const unsettled = await settleUnpaired(streams, partition, range, unpaired.waiting);
  for (const one of unsettled) note(tally, one);
  const { source: sourceDigest, target: targetDigest } = digest.finish();
  const differences = differencesOf(tally);
  return {
    partition,
    range,
    leftOut: part.after === undefined ? leftOut(range, stretches) : [],
    before: part.after ?? null,
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

async function compareStretch(place: Place, stretch: ComparedRange): Promise<void> {
  const { world, tally } = place;
  const comparison = openComparison(place, stretch);
  const { source, target } = comparison;
  let told = tally.records;
  try {
    await Promise.all([source.fill(), target.fill()]);
    for (let pause = compareFetched(comparison); pause !== 'end'; pause = compareFetched(comparison)) {
      world.onRecords(tally.records - told);
      told = tally.records;
      if (pause === 'difference') await getInStep(place, stretch, comparison);
      else await comparison[pause].fill();
    }
    world.onRecords(tally.records - told);
  } finally {
    await Promise.all([source.close(), target.close()]);
  }
}

function openComparison(place: Place, stretch: ComparedRange): Comparison {
  const { streams, partition, compacted, unpaired, digest, tally } = place;
  const open = (side: PairSide) =>
    openLogSide(streams[side], { ...partition[side], from: stretch[side].start, to: stretch[side].end });
  const comparison: Comparison = {
    source: open('source'),
    target: open('target'),
    compacted,
    unpaired,
    digest,
    tally,
    map: offsetMap(partition.input.segments, 0n),
    partEnd: partEndBehind(stretch.source.start),
    onPart: () => tellVerified(place, comparison),
  };
  return comparison;
}

/** Nothing is told once something differs, or while a key waits for a later record: that would have to be kept too. */
function tellVerified(
  { part, range, partition, tally, digest, unpaired }: Place,
  { source, target }: Comparison,
): void {
  const nextSource = source.batchBase;
  const nextTarget = placeAtOrBehind(partition.input.segments, nextSource);
  const isProven = differencesOf(tally) === 0 && unpaired.waiting.size === 0 && unpaired.unproven === 0;
  if (part.onVerified === undefined || !isProven || nextTarget === undefined || target.offset < nextTarget) return;
  if (source.epoch < 0 || target.epoch < 0) return;
  part.onVerified({
    fromSource: range.source.start,
    fromTarget: range.target.start,
    nextSource,
    nextTarget,
    sourceEpoch: source.epoch,
    targetEpoch: target.epoch,
    digest: digest.chain.source,
    records: BigInt(tally.records),
    cleaned: BigInt(tally.cleaned),
  });
}

async function getInStep({ streams, partition }: Place, range: ComparedRange, comparison: Comparison): Promise<void> {
  const { source, target, map, digest, tally } = comparison;
  const at = { source: source.offset, target: target.offset };
  await Promise.all([source.seek(at.source), target.seek(at.target)]);
  const { drift } = map;
  const inStep = await lookAround({ world: streams, partition, range, at, drift, digest, tally });
  comparison.map = offsetMap(partition.input.segments, inStep.drift);
  await Promise.all([source.seek(inStep.source), target.seek(inStep.target)]);
}
