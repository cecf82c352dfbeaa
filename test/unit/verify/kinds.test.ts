import * as fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { buildBatch, type NewRecord } from '../../../runner/records/build.ts';
import type { Codec } from '../../../runner/records/header.ts';
import { confirmRecords, lookAroundRecordsMax, memoryBytesMax } from '../../../runner/verify/limits.ts';
import { createMemory } from '../../../runner/verify/memory.ts';
import { type PartitionComparison, verifyPartition } from '../../../runner/verify/verify-partition.ts';
import { countingClock, onlyTopic, type PartitionLog, readerOf } from './partition-log.ts';

const lead = 100n;

function recordOf(n: number, valueBytes: number): NewRecord {
  return {
    key: Buffer.from(`key ${n % 5}`),
    value: Buffer.alloc(valueBytes, `value ${n};`),
    headers: [{ key: Buffer.from('n'), value: Buffer.from([n % 256]) }],
    timestamp: 1_763_000_000_000n + BigInt(n),
  };
}

interface Layout {
  /** Records of one batch, in turn. */
  readonly batches: readonly number[];
  readonly codec: Codec;
  readonly perFetch: number;
}

const layouts = fc.record({
  batches: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 }),
  codec: fc.constantFrom<Codec>('none', 'none', 'gzip'),
  perFetch: fc.integer({ min: 1, max: 30 }),
});

function logOf(records: readonly NewRecord[], { batches, codec }: Layout, from: bigint): PartitionLog {
  const built: Buffer[] = [];
  for (let at = 0; at < records.length; ) {
    const count = batches[built.length % batches.length] ?? 1;
    built.push(buildBatch({ records: records.slice(at, at + count), baseOffset: from + BigInt(at), codec }));
    at += count;
  }
  return { batches: built, start: from, end: from + BigInt(records.length) };
}

interface Sides {
  readonly source: readonly NewRecord[];
  readonly target: readonly NewRecord[];
  readonly layouts: { readonly source: Layout; readonly target: Layout };
}

/** The map says that every record was mirrored, `lead` offsets behind. */
function compare({ source, target, layouts: by }: Sides): Promise<PartitionComparison> {
  const logs = { source: logOf(source, by.source, 0n), target: logOf(target, by.target, lead) };
  const partition = { topic: onlyTopic, partition: 0 };
  const input = {
    segments: [{ source: 0n, target: lead, length: BigInt(source.length) }],
    startSource: 0n,
    nextSource: logs.source.end,
    nextTarget: logs.target.end,
    ...logs,
  };
  const world = {
    source: readerOf(logs.source, 'source', by.source.perFetch),
    target: readerOf(logs.target, 'target', by.target.perFetch),
    clock: countingClock(),
    memory: createMemory(memoryBytesMax),
    onRecords: () => undefined,
  };
  return verifyPartition(world, { source: partition, target: partition, input }, { source: false, target: false });
}

function kindsOf({ kinds }: PartitionComparison): Record<string, number> {
  return Object.fromEntries(Object.entries(kinds).filter(([, count]) => count > 0));
}

/** Without those that are 0. */
function expected(kinds: Record<string, number>): Record<string, number> {
  return Object.fromEntries(Object.entries(kinds).filter(([, count]) => count > 0));
}

interface Case {
  readonly count: number;
  readonly at: number;
  readonly valueBytes: number;
  readonly layouts: Sides['layouts'];
}

/** Logs of records that are all unlike; small ones, and ones whose batches are compared as they are stored. */
const cases = fc
  .record({
    count: fc.integer({ min: 1, max: 120 }),
    at: fc.nat(),
    valueBytes: fc.constantFrom(9, 60, 3_000),
    same: fc.boolean(),
    source: layouts,
    target: layouts,
  })
  .map(({ count, at, valueBytes, same, source, target }): Case => {
    return { count, at: at % count, valueBytes, layouts: { source, target: same ? source : target } };
  });

function records({ count, valueBytes }: Case): NewRecord[] {
  return Array.from({ length: count }, (_, n) => recordOf(n, valueBytes));
}

const runs = { numRuns: 120 };

test('whatever the layouts, equal records are equal, and the digest does not know how they were fetched', async () => {
  await fc.assert(
    fc.asyncProperty(cases, async (one) => {
      const all = records(one);
      const found = await compare({ source: all, target: all, layouts: one.layouts });
      assert.equal(kindsOf(found), {});
      assert.is(found.records, BigInt(one.count));
      assert.is(found.sourceDigest, found.targetDigest);
      const { source, target } = one.layouts;
      const others = { source: { ...source, perFetch: 3 }, target: { ...target, perFetch: 1 } };
      const again = await compare({ source: all, target: all, layouts: others });
      assert.is(again.sourceDigest, found.sourceDigest);
    }),
    runs,
  );
});

test('a dropped record is missing once, and those behind it are displaced', async () => {
  await fc.assert(
    fc.asyncProperty(cases, async (one) => {
      const all = records(one);
      const found = await compare({ source: all, target: all.toSpliced(one.at, 1), layouts: one.layouts });
      assert.equal(kindsOf(found), expected({ missing: 1, displaced: one.count - one.at - 1 }));
      const sourceOffset = BigInt(one.at);
      assert.equal(found.firstDifference, { kind: 'missing', sourceOffset, targetOffset: sourceOffset + lead });
      assert.is.not(found.sourceDigest, found.targetDigest);
    }),
    runs,
  );
});

test('records that stand at the target twice are duplicated, as many as there are', async () => {
  await fc.assert(
    fc.asyncProperty(cases, fc.integer({ min: 1, max: 40 }), async (one, length) => {
      const all = records(one);
      const block = all.slice(one.at, one.at + length);
      const end = one.at + block.length;
      const found = await compare({ source: all, target: all.toSpliced(end, 0, ...block), layouts: one.layouts });
      assert.equal(kindsOf(found), expected({ duplicated: block.length, displaced: one.count - end }));
      const first = { kind: 'duplicated', sourceOffset: BigInt(one.at), targetOffset: BigInt(end) + lead };
      assert.equal(found.firstDifference, first);
    }),
    runs,
  );
});

test('two swapped records are reordered, and nothing else is said', async () => {
  await fc.assert(
    fc.asyncProperty(cases, async (one) => {
      const all = records(one);
      const [left, right] = [all[one.at], all[one.at + 1]];
      if (left === undefined || right === undefined) return;
      const found = await compare({ source: all, target: all.toSpliced(one.at, 2, right, left), layouts: one.layouts });
      assert.equal(kindsOf(found), { reordered: 2 });
      assert.is(found.firstDifference?.sourceOffset, BigInt(one.at));
    }),
    runs,
  );
});

test('a record that was moved is reordered, and no record is called missing or too many', async () => {
  await fc.assert(
    fc.asyncProperty(cases, fc.integer({ min: -60, max: 60 }), async (one, by) => {
      const all = records(one);
      const to = Math.min(Math.max(one.at + by, 0), one.count - 1);
      const [moved] = all.slice(one.at, one.at + 1);
      if (moved === undefined || to === one.at) return;
      const target = all.toSpliced(one.at, 1).toSpliced(to, 0, moved);
      const { reordered, displaced: _, ...others } = kindsOf(await compare({ ...one, source: all, target }));
      assert.ok((reordered ?? 0) >= 1);
      assert.equal(others, {});
    }),
    runs,
  );
});

for (const [part, change] of Object.entries({
  key: (one: NewRecord): NewRecord => ({ ...one, key: Buffer.from('other') }),
  value: (one: NewRecord): NewRecord => ({ ...one, value: null }),
  headers: (one: NewRecord): NewRecord => ({ ...one, headers: [] }),
  timestamp: (one: NewRecord): NewRecord => ({ ...one, timestamp: one.timestamp + 1n }),
})) {
  test(`a changed ${part} is told at its place, in any layout`, async () => {
    await fc.assert(
      fc.asyncProperty(cases, async (one) => {
        const all = records(one);
        const target = all.map((each, n) => (n === one.at ? change(each) : each));
        const found = await compare({ source: all, target, layouts: one.layouts });
        assert.equal(kindsOf(found), { changed: 1 });
        const offset = BigInt(one.at);
        const difference = { kind: 'changed', sourceOffset: offset, targetOffset: offset + lead, parts: [part] };
        assert.equal(found.firstDifference, difference);
      }),
      runs,
    );
  });
}

const plain: Layout = { batches: [50], codec: 'none', perFetch: 4 };

test('a target that differs in every record is told so, and none is displaced', async () => {
  const source = Array.from({ length: 3 * lookAroundRecordsMax }, (_, n) => recordOf(n, 9));
  const target = source.map((one) => ({ ...one, timestamp: one.timestamp + 5n }));
  const found = await compare({ source, target, layouts: { source: plain, target: plain } });
  assert.equal(kindsOf(found), { changed: source.length });
});

test('several faults far from each other are told each', async () => {
  const source = Array.from({ length: 6 * lookAroundRecordsMax }, (_, n) => recordOf(n, 9));
  const at = (n: number) => source[n] ?? recordOf(n, 9);
  const target = source.flatMap((one, n) => (n === 40 ? [] : n === 2_500 ? [one, one] : [one]));
  target[5_000] = { ...at(5_000), value: null };
  const found = await compare({ source, target, layouts: { source: plain, target: { ...plain, batches: [7] } } });
  assert.equal(kindsOf(found), { missing: 1, duplicated: 1, changed: 1, displaced: 2_460 });
});

test('what stands twice further away than is looked around for is too many', async () => {
  const source = Array.from({ length: 3 * lookAroundRecordsMax }, (_, n) => recordOf(n, 9));
  const target = [...source.slice(0, -confirmRecords), recordOf(0, 9), ...source.slice(-confirmRecords)];
  const found = await compare({ source, target, layouts: { source: plain, target: plain } });
  assert.equal(kindsOf(found), { extra: 1, displaced: confirmRecords });
});

test.run();
