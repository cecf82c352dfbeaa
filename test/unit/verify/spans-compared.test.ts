import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { MirroredPartition } from '../../../runner/groups/mirrored-partition.ts';
import { buildBatch, buildMarker } from '../../../runner/records/build.ts';
import { comparable } from '../../../runner/verify/comparable.ts';
import { memoryBytesMax } from '../../../runner/verify/limits.ts';
import { createMemory } from '../../../runner/verify/memory.ts';
import { verifyPartition } from '../../../runner/verify/verify-partition.ts';
import { countingClock, onlyTopic, type PartitionLog, readerOf } from './partition-log.ts';

const place = { topic: onlyTopic, partition: 0 };
const spanLength = 50;

/** Batches of five records each. */
function log(count: number): PartitionLog {
  const batches: Buffer[] = [];
  for (let first = 0; first < count; first += 5) {
    const records = [0, 1, 2, 3, 4].map((i) => ({
      key: Buffer.from(`k${first + i}`),
      value: Buffer.from(`value ${first + i}`),
      timestamp: BigInt(first + i),
    }));
    batches.push(buildBatch({ records, baseOffset: BigInt(first) }));
  }
  return { batches, start: 0n, end: BigInt(count) };
}

/** Same offsets on both sides, the oldest of them in so many spans. */
function mirrored(source: PartitionLog, target: PartitionLog, spanCount: number): MirroredPartition {
  const spans = Array.from({ length: spanCount }, (_, index) => {
    const [start, end] = [BigInt(index * spanLength), BigInt((index + 1) * spanLength)];
    return { source: start, sourceEnd: end, target: start, targetEnd: end, records: BigInt(spanLength) };
  });
  const rest = BigInt(spanCount * spanLength);
  const segments = [{ source: rest, target: rest, length: source.end - rest }];
  const ends = { startSource: 0n, nextSource: source.end, nextTarget: source.end };
  return { source: place, target: place, input: { spans, segments, ...ends, source, target } };
}

async function verify(source: PartitionLog, target: PartitionLog, spanCount: number) {
  const world = { source: readerOf(source, 'old'), target: readerOf(target, 'new'), clock: countingClock() };
  const whole = mirrored(source, target, spanCount);
  const { partition } = await comparable(world, 'flow', whole, { isCompacted: false, verified: 0n });
  const memory = createMemory(memoryBytesMax);
  const cleaned = { source: false, target: false };
  return verifyPartition({ ...world, memory, onRecords: () => undefined }, partition, cleaned, {});
}

test('what the target has deleted of a span is no difference', async () => {
  for (const start of [0n, 20n, 50n, 70n]) {
    const source = log(100);
    const found = await verify(source, { ...log(100), start }, 1);
    assert.equal([found.equal, found.records], [true, 100n - start], `target from ${start} on`);
  }
});

/** What is said of a map without its oldest part: both logs begin at 0, unless they are told to begin elsewhere. */
async function saidOf(
  { source, target }: { readonly source: PartitionLog; readonly target: PartitionLog },
  map: Partial<MirroredPartition['input']> = {},
  verified = 0n,
): Promise<readonly string[]> {
  const world = { source: readerOf(source, 'old'), target: readerOf(target, 'new'), clock: countingClock() };
  const whole = mirrored(source, target, 0);
  const segments = [{ source: 50n, target: 50n, length: 50n }];
  const input = { ...whole.input, segments, trimmed: true, ...map };
  const { diagnostics } = await comparable(world, 'flow', { ...whole, input }, { isCompacted: false, verified });
  return diagnostics.map((one) => `${one.code} ${one.summary}`);
}

const without = (start: bigint) => ({ ...log(100), start });

test('of a map without its oldest part, which both logs still hold, it is said from where on is compared', async () => {
  const logs = { source: log(100), target: log(100) };
  const from50 = [
    'KP6031 topic:0 is compared from source offset 50 on: of what stands below, the offset map holds nothing any more.',
  ];
  assert.equal(await saidOf(logs), from50);
  assert.equal(await saidOf({ source: without(49n), target: without(49n) }), from50);
  assert.equal(
    await saidOf(logs, { spans: [{ source: 50n, sourceEnd: 60n, target: 50n, targetEnd: 60n, records: 10n }] }),
    from50,
  );
  const [nothing] = await saidOf(logs, { segments: [] });
  assert.match(nothing ?? '', 'from source offset 100 on');
});

test('nothing is said where no record is left out: one log begins above, or markers and gaps alone stand below', async () => {
  const whole = log(100);
  const marker = buildMarker('COMMIT', { producerId: 1n, producerEpoch: 0, baseOffset: 49n, timestamp: 0n });
  const markers = { ...whole, batches: [marker, ...whole.batches.slice(10)] };
  const gap = { ...whole, batches: whole.batches.slice(10) };
  for (const [name, source, target, map, verified] of [
    ['the source begins above', without(50n), whole, {}, 0n],
    ['the target begins above', whole, without(50n), {}, 0n],
    ['both begin above', without(70n), without(50n), {}, 0n],
    ['a marker', markers, whole, {}, 0n],
    ['a gap', gap, whole, {}, 0n],
    ['mirroring began there', whole, whole, { startSource: 50n }, 0n],
    ['it was verified before', whole, whole, {}, 50n],
    ['a whole map', whole, whole, { trimmed: false }, 0n],
  ] as const) {
    assert.equal(await saidOf({ source, target }, map, verified), [], name);
  }
});

test('records below the first one of a whole map are missing, not left out', async () => {
  const source = log(100);
  const whole = mirrored(source, source, 0);
  const segments = [{ source: 10n, target: 10n, length: 90n }];
  const world = { source: readerOf(source, 'old'), target: readerOf(source, 'new'), clock: countingClock() };
  const unmapped = { ...whole, input: { ...whole.input, segments } };
  const { partition } = await comparable(world, 'flow', unmapped, { isCompacted: false, verified: 0n });
  assert.is(partition.input.startSource, 0n);
});

test.run();
