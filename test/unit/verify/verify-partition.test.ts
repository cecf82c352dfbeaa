import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { LogReader } from '../../../runner/engines/native/ports.ts';
import type { MirroredPartition } from '../../../runner/groups/mirrored-partition.ts';
import { buildBatch, buildMarker, type NewRecord } from '../../../runner/records/build.ts';
import { memoryBytesMax } from '../../../runner/verify/limits.ts';
import { createMemory } from '../../../runner/verify/memory.ts';
import { type PartitionComparison, verifyPartition } from '../../../runner/verify/verify-partition.ts';
import { appendRun } from '../../../src/offset-map/append.ts';
import type { Segment } from '../../../src/offset-map/segment.ts';
import { countingClock, onlyTopic, type PartitionLog, partitionLog, readerOf } from './partition-log.ts';

type Placed = NewRecord & { offset: bigint };

/** The mirror adds this to every offset, and one more behind every third record (a commit marker). */
const lead = 7n;

function record(n: number, changes: Partial<NewRecord> = {}): NewRecord {
  return {
    key: Buffer.from(`key ${n % 4}`),
    value: Buffer.from(`value ${n}`),
    headers: [
      { key: Buffer.from('a'), value: Buffer.from([n]) },
      { key: Buffer.from('a'), value: null },
    ],
    timestamp: 1_700_000_000_000n + BigInt(n),
    ...changes,
  };
}

function sourceRecords(count: number): Placed[] {
  return Array.from({ length: count }, (_, n) => ({ ...record(n), offset: BigInt(n) }));
}

function targetOffset(source: bigint): bigint {
  return source + lead + source / 3n;
}

function mirrored(source: readonly Placed[]): Placed[] {
  return source.map((one) => ({ ...one, offset: targetOffset(one.offset) }));
}

function segmentsOf(count: number): Segment[] {
  const segments: Segment[] = [];
  for (let n = 0n; n < count; n += 1n) appendRun(segments, { source: n, target: targetOffset(n), length: 1n });
  return segments;
}

interface Sides {
  readonly source: PartitionLog;
  readonly target: PartitionLog;
  readonly count: number;
}

function healthy(count = 20): Sides {
  const source = sourceRecords(count);
  return { source: partitionLog(source), target: partitionLog(mirrored(source), 4), count };
}

const nothingCleaned = { source: false, target: false };

async function verify(sides: Sides, compacted = nothingCleaned): Promise<PartitionComparison> {
  const { source, target, count } = sides;
  const nextTarget = targetOffset(BigInt(count - 1)) + 1n;
  const partition: MirroredPartition = {
    source: { topic: onlyTopic, partition: 0 },
    target: { topic: onlyTopic, partition: 0 },
    input: {
      segments: segmentsOf(count),
      startSource: 0n,
      nextSource: BigInt(count),
      nextTarget,
      source: { start: source.start, end: source.end },
      target: { start: target.start, end: target.end },
    },
  };
  return verifyPartition(worldOf(source, target), partition, compacted);
}

function worldOf(source: PartitionLog, target: PartitionLog) {
  return {
    source: readerOf(source, 'source'),
    target: readerOf(target, 'target'),
    clock: countingClock(),
    memory: createMemory(memoryBytesMax),
    onRecords: () => undefined,
  };
}

/** What a hand may do to the target: its records in order, each keeping the offset of its place. */
async function tampered(change: (records: Placed[]) => Placed[]): Promise<PartitionComparison> {
  const sides = healthy();
  const target = change(mirrored(sourceRecords(20)));
  return verify({ ...sides, target: partitionLog(target, 4, sides.target.end) });
}

function changed(at: number, changes: Partial<NewRecord>) {
  return (records: Placed[]) => records.map((one, n) => (n === at ? { ...one, ...changes } : one));
}

test('a healthy mirror: equal, every record compared, both digests the same', async () => {
  const found = await verify(healthy());
  assert.ok(found.equal);
  assert.is(found.records, 20n);
  assert.is(found.firstDifference, null);
  assert.is(found.sourceDigest, found.targetDigest);
  assert.is(found.cleaned, 0n);
});

test('an empty partition is equal', async () => {
  const found = await verify({ source: partitionLog([]), target: partitionLog([]), count: 0 });
  assert.ok(found.equal);
  assert.is(found.records, 0n);
});

for (const [part, changes] of [
  ['key', { key: Buffer.from('kez 1') }],
  ['key', { key: null }],
  ['value', { value: Buffer.from('value 6') }],
  ['value', { value: null }],
  ['value', { value: Buffer.alloc(0) }],
  ['timestamp', { timestamp: 1_700_000_000_006n }],
  ['headers', { headers: [] }],
  ['headers', { headers: [...(record(5).headers ?? [])].reverse() }],
  ['headers', { headers: [...(record(5).headers ?? []), { key: Buffer.from('a'), value: null }] }],
] as const satisfies readonly (readonly [string, Partial<NewRecord>])[]) {
  test(`a changed ${part} is found at its offsets: ${JSON.stringify(changes, replaceBigint)}`, async () => {
    const found = await tampered(changed(5, changes));
    const offsets = { sourceOffset: 5n, targetOffset: targetOffset(5n) };
    assert.equal(found.firstDifference, { kind: 'changed', ...offsets, parts: [part] });
    assert.is(found.differences, 1n);
    assert.is.not(found.sourceDigest, found.targetDigest);
    assert.not.ok(found.equal);
  });
}

function replaceBigint(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? `${value}` : value;
}

test('null and empty are not the same', async () => {
  const source = [{ ...record(0, { value: null }), offset: 0n }];
  const target = mirrored([{ ...record(0, { value: Buffer.alloc(0) }), offset: 0n }]);
  const found = await verify({ source: partitionLog(source), target: partitionLog(target), count: 1 });
  assert.is(found.firstDifference?.kind, 'changed');
  assert.is.not(found.sourceDigest, found.targetDigest);
});

test('a dropped record is missing, where nothing is compacted', async () => {
  const found = await tampered((records) => records.toSpliced(9, 1));
  assert.equal(found.firstDifference, { kind: 'missing', sourceOffset: 9n, targetOffset: targetOffset(9n) });
  assert.is(found.differences, 1n);
  assert.is.not(found.sourceDigest, found.targetDigest);
});

test('the first and the last record are looked at too', async () => {
  assert.is((await tampered((records) => records.slice(1))).firstDifference?.sourceOffset, 0n);
  assert.is((await tampered((records) => records.slice(0, -1))).firstDifference?.sourceOffset, 19n);
});

test('a dropped record that moves all others up is found', async () => {
  const found = await tampered((records) => {
    const offsets = records.map((one) => one.offset);
    return records.toSpliced(9, 1).map((one, n) => ({ ...one, offset: offsets[n] ?? 0n }));
  });
  assert.is(found.firstDifference?.sourceOffset, 9n);
  assert.is(found.differences, 11n);
});

test('a doubled record is found: where no record of ours stands, and where it moves the others', async () => {
  const free = targetOffset(2n) + 1n;
  const extra = await tampered((records) => records.toSpliced(3, 0, { ...record(2), offset: free }));
  assert.equal(extra.firstDifference, { kind: 'duplicated', sourceOffset: 2n, targetOffset: free });
  const moved = await tampered((records) => {
    const offsets = records.map((one) => one.offset);
    return records
      .toSpliced(3, 0, { ...record(2), offset: 0n })
      .map((one, n) => ({ ...one, offset: offsets[n] ?? 50n }));
  });
  assert.equal(moved.firstDifference, { kind: 'duplicated', sourceOffset: 2n, targetOffset: targetOffset(3n) });
  assert.not.ok(moved.equal);
});

test('two swapped records are found', async () => {
  const found = await tampered((records) =>
    records.map((one, n) => ({ ...(records[n === 7 ? 8 : n === 8 ? 7 : n] ?? one), offset: one.offset })),
  );
  assert.is(found.differences, 2n);
  assert.is(found.firstDifference?.sourceOffset, 7n);
});

test('a record at the source that the map does not know was never mirrored, compacted or not', async () => {
  const sides = healthy();
  const source = partitionLog(sourceRecords(20));
  const partition = { topic: onlyTopic, partition: 0 };
  const segments = segmentsOf(20).flatMap((one) =>
    one.source === 6n ? [{ ...one, source: 7n, target: one.target + 1n, length: 2n }] : [one],
  );
  const input = { segments, startSource: 0n, nextSource: 20n, nextTarget: 50n, source, target: sides.target };
  const target = partitionLog(mirrored(sourceRecords(20)).toSpliced(6, 1));
  const found = await verifyPartition(
    worldOf(source, target),
    { source: partition, target: partition, input },
    { source: true, target: true },
  );
  assert.equal(found.firstDifference, { kind: 'missing', sourceOffset: 6n, targetOffset: null });
});

test('what retention took on either side is left out, on both', async () => {
  const sides = healthy();
  const bySource = await verify({ ...sides, source: { ...sides.source, start: 8n } });
  assert.ok(bySource.equal);
  assert.is(bySource.records, 12n);
  const byTarget = await verify({ ...sides, target: { ...sides.target, start: targetOffset(13n) } });
  assert.ok(byTarget.equal);
  assert.is(byTarget.records, 7n);
  assert.is(byTarget.sourceDigest, byTarget.targetDigest);
});

test('retention that goes on while we compare makes no difference', async () => {
  const sides = healthy();
  const moving = { ...sides.target, start: 0n };
  const reader = readerOf(moving);
  const partition = { topic: onlyTopic, partition: 0 };
  const input = {
    segments: segmentsOf(20),
    startSource: 0n,
    nextSource: 20n,
    nextTarget: 50n,
    source: sides.source,
    target: { start: 0n, end: sides.target.end },
  };
  moving.start = targetOffset(11n);
  const world = {
    source: readerOf(sides.source),
    target: reader,
    clock: countingClock(),
    memory: createMemory(memoryBytesMax),
    onRecords: () => undefined,
  };
  const found = await verifyPartition(world, { source: partition, target: partition, input }, nothingCleaned);
  assert.ok(found.equal, JSON.stringify(found.firstDifference, replaceBigint));
  assert.is(found.records, 9n);
  assert.is(found.sourceDigest, found.targetDigest);
});

test('markers and aborted records are not compared', async () => {
  const stamp = { producerId: 5n, producerEpoch: 0, baseSequence: 0, transactional: true };
  const records = [record(0), record(1)];
  const aborted = buildBatch({ records, baseOffset: 2n, stamp });
  const marker = buildMarker('ABORT', { producerId: 5n, producerEpoch: 0, baseOffset: 4n, timestamp: 0n });
  const before = buildBatch({ records, baseOffset: 0n });
  const source = {
    batches: [before, aborted, marker],
    start: 0n,
    end: 5n,
    aborted: [{ producerId: 5n, firstOffset: 2n }],
  };
  const target = partitionLog(mirrored(sourceRecords(2)));
  const found = await verify({ source, target, count: 2 });
  assert.ok(found.equal);
  const partition = { topic: onlyTopic, partition: 0 };
  const input = { segments: segmentsOf(2), startSource: 0n, nextSource: 5n, nextTarget: 50n, source, target };
  const whole = await verifyPartition(
    worldOf(source, target),
    { source: partition, target: partition, input },
    nothingCleaned,
  );
  assert.ok(whole.equal);
  assert.is(whole.records, 2n);
});

test('a target whose last marker is not written yet is waited for', async () => {
  const { source, target } = healthy();
  const clock = countingClock();
  const whole = readerOf(target, 'target');
  const lagging: LogReader = {
    ...whole,
    async fetch(broker, request) {
      if (clock.nowMs() >= 1_000) return whole.fetch(broker, request);
      const last = target.batches.slice(0, -2);
      return readerOf({ ...target, batches: last, end: targetOffset(11n) + 1n }, 'target').fetch(broker, request);
    },
  };
  const partition = { topic: onlyTopic, partition: 0 };
  const nextTarget = targetOffset(19n) + 1n;
  const input = { segments: segmentsOf(20), startSource: 0n, nextSource: 20n, nextTarget, source, target };
  const memory = createMemory(memoryBytesMax);
  const world = { source: readerOf(source), target: lagging, clock, memory, onRecords: () => undefined };
  const found = await verifyPartition(world, { source: partition, target: partition, input }, nothingCleaned);
  assert.ok(found.equal, found.firstDifference?.kind);
  assert.is(found.records, 20n);
});

test.run();
