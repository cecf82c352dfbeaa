import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { buildBatch, type NewRecord } from '../../../runner/records/build.ts';
import { lookAroundRecordsMax, memoryBytesMax } from '../../../runner/verify/limits.ts';
import { createMemory } from '../../../runner/verify/memory.ts';
import { verifyPartition } from '../../../runner/verify/verify-partition.ts';
import { countingClock, onlyTopic, type PartitionLog, readerOf } from './partition-log.ts';

const count = 20_000;
const perBatch = 100;
/** A fetch brings so many records. */
const perFetch = 5 * perBatch;
/** Late enough that reading up to it again would show. */
const faultAt = 15_000;

function logOf(records: readonly NewRecord[]): PartitionLog {
  const batches = Array.from({ length: Math.ceil(records.length / perBatch) }, (_, n) =>
    buildBatch({ records: records.slice(n * perBatch, (n + 1) * perBatch), baseOffset: BigInt(n * perBatch) }),
  );
  return { batches, start: 0n, end: BigInt(records.length) };
}

/** Of equal size, so that bytes tell how many were read. */
function recordOf(n: number, word = 'value'): NewRecord {
  const key = Buffer.from(String(n).padStart(6, '0'));
  return { key, value: Buffer.from(`${word} ${String(n).padStart(6, '0')}`), timestamp: 1_763_000_000_000n };
}

/** A reader that counts the records which it gave out. */
function countingReader(log: PartitionLog) {
  const reader = readerOf(log, 'memory', perFetch / perBatch);
  const bytesOfRecord = log.batches.reduce((sum, one) => sum + one.length, 0) / Number(log.end);
  let bytes = 0;
  return {
    log: {
      ...reader,
      async fetch(...args: Parameters<typeof reader.fetch>) {
        const answers = await reader.fetch(...args);
        for (const one of answers) bytes += one.records.length;
        return answers;
      },
    },
    read: () => Math.round(bytes / bytesOfRecord),
  };
}

async function compare(target: readonly NewRecord[]) {
  const logs = { source: logOf(Array.from({ length: count }, (_, n) => recordOf(n))), target: logOf(target) };
  const readers = { source: countingReader(logs.source), target: countingReader(logs.target) };
  const partition = { topic: onlyTopic, partition: 0 };
  const segments = [{ source: 0n, target: 0n, length: BigInt(count) }];
  const ends = { startSource: 0n, nextSource: logs.source.end, nextTarget: logs.target.end };
  const world = {
    source: readers.source.log,
    target: readers.target.log,
    clock: countingClock(),
    memory: createMemory(memoryBytesMax),
    onRecords: () => undefined,
  };
  const found = await verifyPartition(
    world,
    { source: partition, target: partition, input: { segments, ...ends, ...logs } },
    { source: false, target: false },
  );
  return { found, source: readers.source.read(), target: readers.target.read() };
}

const copy = Array.from({ length: count }, (_, n) => recordOf(n));

test('a healthy partition is read once', async () => {
  const { found, source, target } = await compare(copy);
  assert.ok(found.equal);
  assert.equal([source, target], [count, count]);
});

for (const [fault, target] of [
  ['changed', copy.with(faultAt, recordOf(faultAt, 'other'))],
  ['missing', copy.toSpliced(faultAt, 1)],
  ['duplicated', copy.toSpliced(faultAt, 0, recordOf(faultAt))],
] as const) {
  test(`the first difference is found without reading up to it again: ${fault}`, async () => {
    const { found, source, target: atTarget } = await compare(target);
    assert.is(found.firstDifference?.kind, fault);
    assert.is(found.firstDifference?.sourceOffset, BigInt(faultAt));
    // Around the difference some of it is read anew: what had been fetched ahead, on either side of what is looked around in.
    const fetchedAnew = 5 * perFetch;
    assert.ok(source <= count + lookAroundRecordsMax + fetchedAnew, `${source} records of the source were read`);
    assert.ok(atTarget <= count + fetchedAnew, `${atTarget} records of the target were read`);
  });
}

test.run();
