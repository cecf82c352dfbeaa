import * as fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { NewRecord } from '../../../runner/records/build.ts';
import { memoryBytesMax } from '../../../runner/verify/limits.ts';
import { createMemory } from '../../../runner/verify/memory.ts';
import { createUnpairedKeys, keyNumber, waitingKeysMax } from '../../../runner/verify/unpaired-keys.ts';
import { type PartitionComparison, verifyPartition } from '../../../runner/verify/verify-partition.ts';
import { appendRun } from '../../../src/offset-map/append.ts';
import type { Segment } from '../../../src/offset-map/segment.ts';
import { countingClock, onlyTopic, partitionLog, readerOf } from './partition-log.ts';

type Placed = NewRecord & { offset: bigint };

/** One write: a key of few, a tombstone or not, and whether each side's cleaner gets to it. */
interface Write {
  readonly key: number;
  readonly tombstone: boolean;
  readonly sourceCleans: boolean;
  readonly targetCleans: boolean;
}

const writes = fc.array(
  fc.record({
    key: fc.nat({ max: 4 }),
    tombstone: fc.boolean(),
    sourceCleans: fc.boolean(),
    targetCleans: fc.boolean(),
  }),
  { minLength: 1, maxLength: 30 },
);

const lead = 100n;

function recordOf(write: Write, n: number): NewRecord {
  const value = write.tombstone ? null : Buffer.from(`value ${n}`);
  return { key: Buffer.from(`key ${write.key}`), value, timestamp: BigInt(n) };
}

/**
 * A log as its cleaner leaves it: a record goes where a later one of its key was written, a tombstone may go for good once
 * all older records of its key are gone (LogCleaner.scala).
 */
function cleanedLog(all: readonly Write[], base: bigint, cleans: (write: Write) => boolean): Placed[] {
  const isLast = (n: number) => !all.some((later, m) => m > n && later.key === all[n]?.key);
  const stays = all.map((write, n) => !(cleans(write) && !isLast(n)));
  return all.flatMap((write, n): Placed[] => {
    const older = all.some((one, m) => m < n && one.key === write.key && stays[m] === true);
    const tombstoneGoes = write.tombstone && cleans(write) && isLast(n) && !older;
    return stays[n] === true && !tombstoneGoes ? [{ ...recordOf(write, n), offset: base + BigInt(n) }] : [];
  });
}

function compare(source: readonly Placed[], target: readonly Placed[], count: number): Promise<PartitionComparison> {
  const segments: Segment[] = [];
  appendRun(segments, { source: 0n, target: lead, length: BigInt(count) });
  const partition = { topic: onlyTopic, partition: 0 };
  const sourceLog = partitionLog(source, 3, BigInt(count) + 1n);
  const targetLog = partitionLog(target, 4, lead + BigInt(count) + 1n);
  const input = {
    segments,
    startSource: 0n,
    nextSource: BigInt(count),
    nextTarget: lead + BigInt(count) + 1n,
    source: sourceLog,
    target: targetLog,
  };
  const world = {
    source: readerOf(sourceLog),
    target: readerOf(targetLog),
    clock: countingClock(),
    memory: createMemory(memoryBytesMax),
  };
  return verifyPartition(
    { ...world, onRecords: () => undefined },
    { source: partition, target: partition, input },
    { source: true, target: true },
  );
}

test('whatever the two cleaners took, in any order, is no difference', async () => {
  let cleaned = 0n;
  await fc.assert(
    fc.asyncProperty(writes, async (all) => {
      const source = cleanedLog(all, 0n, (one) => one.sourceCleans);
      const target = cleanedLog(all, lead, (one) => one.targetCleans);
      const found = await compare(source, target, all.length);
      assert.ok(found.equal, `${JSON.stringify(all)}: ${found.firstDifference?.kind}`);
      assert.is(found.sourceDigest, found.targetDigest);
      cleaned += found.cleaned;
    }),
    { numRuns: 500 },
  );
  assert.ok(cleaned > 100n);
});

test('the last record of a key that is missing at the target is found, whatever else was cleaned', async () => {
  let found = 0;
  await fc.assert(
    fc.asyncProperty(writes, fc.nat(), async (all, which) => {
      const source = cleanedLog(all, 0n, (one) => one.sourceCleans);
      const target = cleanedLog(all, lead, (one) => one.targetCleans);
      const lasts = target.filter(
        (one, n) =>
          one.value !== null && !target.some((later, m) => m > n && later.key?.equals(one.key ?? Buffer.of())),
      );
      const victim = lasts[which % Math.max(lasts.length, 1)];
      if (victim === undefined) return;
      const isNewest = !all.some((one, n) => BigInt(n) > victim.offset - lead && `key ${one.key}` === `${victim.key}`);
      if (!isNewest) return;
      found += 1;
      const answer = await compare(
        source,
        target.filter((one) => one !== victim),
        all.length,
      );
      assert.not.ok(answer.equal);
      assert.is(answer.firstDifference?.kind, 'missing');
      assert.is(answer.firstDifference?.sourceOffset, victim.offset - lead);
    }),
    { numRuns: 300 },
  );
  assert.ok(found > 100);
});

test('a changed record is found among cleaned ones', async () => {
  const all = Array.from({ length: 12 }, (_, n) => ({
    key: n % 3,
    tombstone: false,
    sourceCleans: n % 2 === 0,
    targetCleans: n % 4 === 0,
  }));
  const source = cleanedLog(all, 0n, (one) => one.sourceCleans);
  const target = cleanedLog(all, lead, (one) => one.targetCleans);
  const last = target.at(-1);
  assert.ok(last);
  const bent = [...target.slice(0, -1), { ...last, value: Buffer.from('bent') }];
  const found = await compare(source, bent, all.length);
  assert.is(found.firstDifference?.kind, 'changed');
});

const placed = (n: number, value: string | null, base = 0n): Placed => ({
  key: Buffer.from('k'),
  value: value === null ? null : Buffer.from(value),
  timestamp: 0n,
  offset: base + BigInt(n),
});

test('a tombstone that is over at the target is no difference, unless the record that it deletes still stands there', async () => {
  const source = [placed(0, 'old'), placed(1, null)];
  assert.ok((await compare([source[1] ?? placed(1, null)], [], 2)).equal);
  const risen = await compare(source, [placed(0, 'old', lead)], 2);
  assert.equal(risen.firstDifference, { kind: 'missing', sourceOffset: 1n, targetOffset: lead + 1n });
});

test('a key that only the target still has is found: its tombstone came and went before it was copied', async () => {
  const found = await compare([], [placed(0, 'stale', lead)], 1);
  assert.equal(found.firstDifference, { kind: 'extra', sourceOffset: 0n, targetOffset: lead });
});

test('keys are remembered within a limit, and what is beyond it is counted', () => {
  assert.ok(waitingKeysMax <= 1_000_000);
  assert.is.not(keyNumber(Buffer.from('a')), keyNumber(Buffer.from('b')));
  assert.ok(Number.isSafeInteger(keyNumber(Buffer.from('a'))));
  assert.is(createUnpairedKeys(1).unproven, 0);
});

test.run();
