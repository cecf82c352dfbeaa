import { deepEqual, rejects } from 'node:assert/strict';
import { test } from 'uvu';
import type { FetchedPartition, LogReader } from '../../../runner/engines/native/ports.ts';
import { scanBatches } from '../../../runner/engines/native/scan.ts';
import { buildBatch } from '../../../runner/records/build.ts';
import { baseOffsetOf } from '../../../runner/records/header.ts';
import { simulatedClock } from '../state/simulated-clock.ts';

const at = { topic: 'positions', partition: 0 };

function answer(lastStableOffset: bigint, records: Buffer): FetchedPartition {
  const offsets = { logStartOffset: 0n, highWatermark: lastStableOffset, lastStableOffset };
  return { ...at, error: null, ...offsets, abortedTransactions: [], records, release: () => {} };
}

function batchAt(baseOffset: bigint): Buffer {
  return buildBatch({ baseOffset, records: [{ key: null, value: null, timestamp: 1n }] });
}

/** A log whose fetches are answered in turn, the last answer again and again. */
function logOf(answers: readonly FetchedPartition[]): LogReader {
  let asked = 0;
  return {
    cluster: 'msk',
    describeTopics: async () => new Map([[at.topic, { topic: at.topic, leaders: [0] }]]),
    offsets: async () => [],
    async fetch() {
      asked += 1;
      const found = answers[Math.min(asked, answers.length) - 1];
      return found === undefined ? [] : [found];
    },
  };
}

async function scanned(answers: readonly FetchedPartition[], to: bigint): Promise<bigint[]> {
  const clock = simulatedClock();
  const found: bigint[] = [];
  const scan = scanBatches(logOf(answers), { ...at, from: 0n, to }, clock, (batch) => {
    if (Buffer.isBuffer(batch)) found.push(baseOffsetOf(batch));
    return 'next';
  });
  await clock.until(scan);
  return found;
}

const nothing = Buffer.alloc(0);

test('a new leader that does not know yet how far the log is stable is not taken for its end', async () => {
  const lagging = answer(1n, nothing);
  deepEqual(await scanned([answer(2n, batchAt(0n)), lagging, lagging, answer(2n, batchAt(1n))], 2n), [0n, 1n]);
});

test('a leader that stays behind is a fault', async () => {
  await rejects(scanned([answer(2n, batchAt(0n)), answer(1n, nothing)], 2n), /OFFSET_NOT_AVAILABLE/);
});

test('where the cleaner left nothing the scan ends', async () => {
  deepEqual(await scanned([answer(9n, batchAt(0n)), answer(9n, nothing)], 9n), [0n]);
});

test.run();
