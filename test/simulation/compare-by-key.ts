import { equal, fail, ok } from 'node:assert/strict';
import { decodeRecords } from '../../runner/records/decode.ts';
import { partitionOfKey } from '../../runner/records/key-hash.ts';
import { type Checkpoint, decodeCheckpoint, decodeTarget, parseByKeyKey } from '../../src/state/by-key-codec.ts';
import { type MirrorWorld, positionsTopic } from './mirror-world.ts';
import { isForeign } from './pairs.ts';
import {
  isCommitted,
  lastStable,
  recordsOf,
  type SimulatedPartition,
  type StoredBatch,
} from './simulated-partition.ts';
import { expectTranslationsByKey } from './translations-by-key.ts';
import { timestampMsOf } from './written-records.ts';

interface ByKeyLook {
  /** All of the source must have arrived; else what arrived must be its beginning, up to the positions. */
  readonly whole: boolean;
  /** Source partitions that a loss has stopped. */
  readonly stopped?: ReadonlyMap<number, string>;
  /** What was written to a source partition, where that is not what stands in its log now. */
  readonly writtenOf?: (partition: number) => readonly StoredBatch[];
}

/** A source record, and where it arrived. */
export interface Traced {
  readonly source: number;
  readonly offset: bigint;
  readonly target: number;
  readonly isGone: boolean;
  /** Its place among those of its source and target partition. */
  readonly index: number;
  arrivedAt: bigint | null;
}

/**
 * Fails unless committed records of the source stand at the target once, each in the partition of its key, those of one source
 * partition in order, and just those below the stored positions; and unless every checkpoint is a cut through both topics.
 */
export function expectByKey(world: MirrorWorld, look: ByKeyLook): void {
  const traces = traceSources(world, look);
  const byContent = Map.groupBy(
    traces.flatMap((one) => one.records),
    ([content]) => content,
  );
  for (let target = 0; target < world.targetPartitions; target += 1) follow(world.targetLog(target), target, byContent);
  for (const { source, start, records } of traces) expectArrived(world, source, start, records, look);
  const positions = world.positions();
  const all = traces.flatMap(({ records }) => records.map(([, traced]) => traced));
  const { checkpoints, ends } = storedOf(world.target.partition({ topic: positionsTopic, partition: 0 }));
  const isTold = (source: number) => look.stopped?.get(source) !== 'truncated';
  for (const one of checkpoints)
    expectCut(
      one,
      all.filter(({ source }) => isTold(source)),
    );
  if (positions.length === 0) return;
  for (let target = 0; target < world.targetPartitions; target += 1) {
    const last = all.filter((one) => one.target === target).reduce((end, one) => max(end, one.arrivedAt ?? -1n), -1n);
    ok((ends.get(target) ?? 0n) > last, `target ${target} ends at ${ends.get(target)}, and ${last} arrived`);
  }
  if (look.whole && (look.stopped?.size ?? 0) === 0) expectTranslationsByKey(world, all, checkpoints, ends);
}

interface TracedSource {
  readonly source: number;
  readonly start: bigint;
  readonly records: readonly (readonly [content: string, traced: Traced])[];
}

function traceSources(
  world: MirrorWorld,
  { writtenOf = (one) => world.sourceLog(one).written }: ByKeyLook,
): TracedSource[] {
  const positions = world.positions();
  return Array.from({ length: world.partitions }, (_, source) => {
    const start = positions.find((one) => one.record.source.partition === source)?.record.startSource ?? 0n;
    return { source, start, records: traceBatches(world, source, start, writtenOf(source)) };
  });
}

function traceBatches(world: MirrorWorld, source: number, start: bigint, written: readonly StoredBatch[]) {
  const counts = new Map<number, number>();
  const records: [string, Traced][] = [];
  for (const batch of written) {
    if (!isCommitted(batch)) continue;
    const { shape } = recordsOf(batch);
    for (const index of shape.bodies.keys()) {
      const offset = batch.base + BigInt(shape.offsetDeltas[index] ?? 0);
      if (offset < start) continue;
      const target = targetOf(world, source, keyOf(batch, index));
      const place = counts.get(target) ?? 0;
      counts.set(target, place + 1);
      const isGone = batch.gone?.has(index) === true;
      records.push([contentOf(batch, index), { source, offset, target, isGone, index: place, arrivedAt: null }]);
    }
  }
  return records;
}

function targetOf({ byKey }: MirrorWorld, source: number, key: Buffer | null): number {
  if (byKey === undefined) throw new Error('nothing goes by key');
  return key === null ? source % byKey.partitions : partitionOfKey(byKey.hash, key, byKey.partitions);
}

/** A body begins with the key's length, a varint: keys of the simulation are shorter than 64 bytes. */
function keyOf(batch: StoredBatch, index: number): Buffer | null {
  const body = recordsOf(batch).shape.bodies[index] ?? Buffer.alloc(0);
  const length = body[0] ?? 0;
  ok(length < 128, 'a key of 64 bytes or more');
  return length === 1 ? null : body.subarray(1, 1 + length / 2);
}

function contentOf(batch: StoredBatch, index: number): string {
  const records = recordsOf(batch);
  return `${timestampMsOf(records, index)} ${records.shape.bodies[index]?.toString('latin1')}`;
}

/** Notes where the records of a target partition came from. */
function follow(
  log: SimulatedPartition,
  target: number,
  byContent: ReadonlyMap<string, readonly (readonly [string, Traced])[]>,
): void {
  const next = new Map<number, number>();
  for (const batch of log.batches) {
    if (!isCommitted(batch) || isForeign(batch)) continue;
    for (const index of recordsOf(batch).shape.bodies.keys()) {
      const where = `target ${target}, offset ${batch.base + BigInt(index)}`;
      // A record with the broker's time may equal one with its writer's: then it is the one that is due.
      const leap = (one: Traced) => one.index - (next.get(one.source) ?? 0);
      const alike = (byContent.get(contentOf(batch, index)) ?? []).map(([, one]) => one);
      const due = alike.filter((one) => one.target === target && one.arrivedAt === null && leap(one) >= 0);
      const traced = due.toSorted((a, b) => leap(a) - leap(b))[0] ?? alike[0];
      if (traced === undefined) fail(`${where} holds what the source never had`);
      equal(traced.target, target, `${where} holds a record of another partition's key`);
      equal(traced.arrivedAt, null, `${where} holds a record a second time`);
      ok(leap(traced) >= 0, `${where} holds a record behind a later one of its partition`);
      next.set(traced.source, traced.index + 1);
      traced.arrivedAt = batch.base + BigInt(index);
    }
  }
}

function expectArrived(
  world: MirrorWorld,
  source: number,
  start: bigint,
  records: TracedSource['records'],
  { whole, stopped }: ByKeyLook,
): void {
  const record = world.positions().findLast((one) => one.record.source.partition === source)?.record;
  const next = record?.nextSource ?? start;
  for (const [, { offset, isGone, arrivedAt }] of records) {
    if (offset >= next) equal(arrivedAt, null, `source ${source}: ${offset} arrived, the position is ${next}`);
    else ok(arrivedAt !== null || isGone, `source ${source}: ${offset} did not arrive, the position is ${next}`);
  }
  const last = records.findLast(([, one]) => one.arrivedAt !== null)?.[1].offset;
  if (last !== undefined) ok((record?.byKey?.recordsEnd ?? 0n) > last, `source ${source}: ${last} is the last record`);
  if (!whole || stopped?.has(source) === true) return;
  const left = records.find(([, one]) => one.offset >= next && !one.isGone)?.[1].offset;
  if (left !== undefined) ok(left >= lastStable(world.sourceLog(source)), `source ${source}: ${left} did not arrive`);
}

/** What was mirrored below it stands below it, and nothing else does. */
function expectCut({ number, sources, targets }: Checkpoint, records: readonly Traced[]): void {
  for (const { source, offset, target, arrivedAt } of records) {
    if (arrivedAt === null) continue;
    const progress = sources[source] ?? null;
    const isBelow = arrivedAt < (targets[target] ?? 0n);
    const where = `checkpoint ${number}: ${source}@${offset} at ${target}@${arrivedAt}`;
    equal(isBelow, progress !== null && offset < progress.next, where);
    if (isBelow) ok(progress !== null && offset < progress.recordsEnd, where);
  }
}

function storedOf(log: SimulatedPartition) {
  const checkpoints = new Map<string, Checkpoint>();
  const ends = new Map<number, bigint>();
  for (const { key, value } of log.batches.filter(isCommitted).flatMap(({ bytes }) => decodeRecords(bytes))) {
    const parsed = parseByKeyKey(String(key));
    if (parsed === null) continue;
    const decoded = parsed.kind === 'target' ? decodeTarget(String(value)) : decodeCheckpoint(String(value));
    if ('problem' in decoded) throw new Error(`${key} can not be read: ${decoded.problem}`);
    if ('number' in decoded.record) checkpoints.set(String(key), decoded.record);
    else ends.set(decoded.record.partition, decoded.record.nextTarget);
  }
  return { checkpoints: [...checkpoints.values()], ends };
}

function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
