import { deepEqual, strictEqual as is, rejects } from 'node:assert/strict';
import { test } from 'uvu';
import type { FetchedPartition, LogReader } from '../../../runner/engines/native/ports.ts';
import { scanBatches, scanWhole } from '../../../runner/engines/native/scan.ts';
import { segmentsOfSpan } from '../../../runner/engines/native/scan-span.ts';
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

/** A log of batches of one record each, at offsets 0 to 9, that loses what stands below `start` before the second fetch. */
function losingLog(start: bigint, cluster = 'msk'): LogReader & { fetches: number } {
  const batches = Array.from({ length: 10 }, (_, offset) => batchAt(BigInt(offset)));
  const log = {
    ...logOf([]),
    cluster,
    fetches: 0,
    async offsets(_at: unknown, spec: unknown) {
      return [{ ...at, error: null, offset: spec === 'earliest' ? startNow() : 10n }];
    },
    async fetch(_broker: number, { positions }: Parameters<LogReader['fetch']>[1]) {
      log.fetches += 1;
      const offset = positions[0]?.offset ?? 0n;
      const isGone = offset < startNow();
      const found = answer(10n, isGone ? nothing : (batches[Number(offset)] ?? nothing));
      return [{ ...found, error: isGone ? 'OFFSET_OUT_OF_RANGE' : null }];
    },
  };
  const startNow = () => (log.fetches > 1 ? start : 0n);
  return log;
}

test('where the log start moves on while it is scanned, the scan goes on from there at once', async () => {
  const clock = simulatedClock();
  const found: bigint[] = [];
  const range = { ...at, from: 0n, to: 10n };
  const scan = scanBatches(losingLog(7n), range, clock, (batch) => {
    found.push(baseOffsetOf(batch));
    return 'next';
  });
  is(await clock.until(scan), 'shortened');
  deepEqual(found, [0n, 7n, 8n, 9n]);
  is(clock.nowMs(), simulatedClock().nowMs(), 'nothing was waited for');
});

test('an offset that is out of range, though the log begins below it, is a fault', async () => {
  const log = { ...logOf([{ ...answer(9n, nothing), error: 'OFFSET_OUT_OF_RANGE' }]) };
  const clock = simulatedClock();
  const scan = scanBatches(log, { ...at, from: 0n, to: 9n }, clock, () => 'next');
  await rejects(clock.until(scan), /OFFSET_OUT_OF_RANGE/);
});

test('a topic that is read whole is read anew where its log start moved on meanwhile', async () => {
  const clock = simulatedClock();
  const found: bigint[] = [];
  const read = scanWhole(losingLog(7n), at, clock, () => {
    found.length = 0;
    return ({ offset }) => found.push(offset);
  });
  await clock.until(read);
  deepEqual(found, [7n, 8n, 9n]);
});

test('a topic whose log start moves on and on is given up', async () => {
  const clock = simulatedClock();
  const log = losingLog(0n);
  let start = 0n;
  const running: LogReader = {
    ...log,
    offsets: async (_at, spec) => [{ ...at, error: null, offset: spec === 'earliest' ? start : start + 10n }],
    async fetch(_broker, { positions }) {
      const offset = positions[0]?.offset ?? 0n;
      const isGone = offset < start;
      start = offset + 2n;
      const found = answer(1_000n, isGone ? nothing : batchAt(offset));
      return [{ ...found, error: isGone ? 'OFFSET_OUT_OF_RANGE' : null }];
    },
  };
  await rejects(clock.until(scanWhole(running, at, clock, () => () => {})), /OFFSET_OUT_OF_RANGE/);
});

test('of a span whose beginning goes while it is scanned nothing is told', async () => {
  const clock = simulatedClock();
  const span = { source: 0n, sourceEnd: 10n, target: 0n, targetEnd: 10n, records: 10n };
  const whole = { log: losingLog(0n), at, start: 0n };
  const told = segmentsOfSpan(span, { source: { log: losingLog(7n), at, start: 0n }, target: whole, clock });
  is(await clock.until(told), null);
});

test.run();
