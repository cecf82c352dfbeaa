import { equal, ok } from 'node:assert/strict';
import { test } from 'uvu';
import { transactionBytesMax, transactionBytesMin, transactionMsMin } from '../../../runner/engines/native/limits.ts';
import type { MirrorEvent } from '../../../runner/engines/native/options.ts';
import type { TransactionalLog } from '../../../runner/engines/native/ports.ts';
import { createTransactionSize } from '../../../runner/engines/native/transaction-size.ts';
import { buildBatch } from '../../../runner/records/build.ts';
import { createProcess, noFaults } from '../../simulation/client.ts';
import { expectMirrored } from '../../simulation/compare.ts';
import { expectByKey } from '../../simulation/compare-by-key.ts';
import { createMirrorWorld, type MirrorWorld, writeFinished } from '../../simulation/mirror-world.ts';
import { seedOfRun } from '../../simulation/random.ts';
import { appendStored } from '../../simulation/simulated-partition.ts';

const seed = seedOfRun();
const byKey = { hash: 'murmur2', partitions: 5 } as const;
/** Transactions of a second, each of some hundred requests: with three in a hundred lost none of them gets through. */
const tuning = { commitIntervalMs: 1_000, fetchMaxBytes: 10_000, memoryMaxMb: 16 };
const faults = { ...noFaults, lostRequest: 0.03, latencyMsMax: 5 };

for (const settings of [{}, { byKey }]) {
  test(`a path that loses three requests in a hundred: it gets through, ${JSON.stringify(settings)}`, async () => {
    const world = createMirrorWorld(seed, { partitions: 4, ...settings });
    writeFinished(world, 1_000);
    const { outcome } = world.start({ faults, options: { tuning } });
    equal((await world.clock.run(outcome)).result, 'caught-up', `seed ${seed}`);
    if (world.byKey === undefined) expectMirrored(world, true);
    else expectByKey(world, { whole: true });
  });
}

/** The target's records go through only where their transaction has no more than so many batches. */
function lettingThrough(world: MirrorWorld, batchesMax: number): TransactionalLog {
  const log = createProcess(world.clock, world.random).connect(world.target, noFaults);
  let batchesOpen = 0;
  return {
    ...log,
    initProducer(...args) {
      batchesOpen = 0;
      return log.initProducer(...args);
    },
    async endTransaction(producer, outcome) {
      const ended = await log.endTransaction(producer, outcome);
      batchesOpen = 0;
      return ended;
    },
    async produce(broker, producer, batches, lane) {
      if (lane !== 'positions') batchesOpen += batches.length;
      if (batchesOpen <= batchesMax) return log.produce(broker, producer, batches, lane);
      return batches.map(({ topic, partition }) => ({ topic, partition, ...lost }));
    },
  };
}

const lost = { error: 'NETWORK_EXCEPTION', baseOffset: -1n, logAppendTimeMs: -1n };

test('where a batch at a time gets through, a hot partition starves none of its broker', async () => {
  const partitions = 12;
  const world = createMirrorWorld(seed, { partitions });
  const batch = buildBatch({ records: [{ key: null, value: Buffer.alloc(10_000), timestamp: 1n }] });
  for (let partition = 0; partition < partitions; partition += 1) {
    const batches = partition === 0 ? 200 : 2;
    for (let i = 0; i < batches; i += 1) appendStored(world.sourceLog(partition), Buffer.from(batch));
  }
  const left = new Set(Array.from({ length: partitions - 1 }, (_, other) => other + 1));
  let hotBatches = 0n;
  const report = (event: MirrorEvent) => {
    if (event.event !== 'commit' || left.size === 0) return;
    for (const { source, nextSource } of event.partitions) {
      if (source.partition === 0) hotBatches = nextSource;
      if (nextSource === world.sourceLog(source.partition).end) left.delete(source.partition);
    }
  };
  const target = lettingThrough(world, 1);
  equal((await world.mirror({ options: { target, tuning, report } })).result, 'caught-up');
  ok(hotBatches < 40n, `the hot one was at ${hotBatches} of 200 when the others were done, seed ${seed}`);
});

test('a transaction that fails is half as large and as long the next time, down to a floor, and grows again', () => {
  let nowMs = 0;
  const size = createTransactionSize(1_000, () => nowMs);
  size.failed();
  equal(size.bytesMax, transactionBytesMax, 'nothing was open that could be too large');
  size.began();
  size.sent(8_000_000);
  nowMs += 600;
  equal(size.isFull, false);
  size.failed();
  equal(size.bytesMax, 4_000_000);
  equal(size.durationMs, 300);
  size.began();
  size.sent(4_000_000);
  equal(size.isFull, true);
  size.committed();
  ok(size.bytesMax > 4_000_000 && size.durationMs > 300);
  for (let i = 0; i < 20; i += 1) {
    size.began();
    size.sent(1_000_000);
    size.failed();
  }
  equal(size.bytesMax, transactionBytesMin);
  equal(size.durationMs, transactionMsMin);
  for (let i = 0; i < 50; i += 1) {
    size.began();
    size.committed();
  }
  equal(size.bytesMax, transactionBytesMax);
  equal(size.durationMs, 1_000);
});

test('the setting is the longest, also below the floor', () => {
  const size = createTransactionSize(10, () => 0);
  size.began();
  size.failed();
  equal(size.durationMs, 10);
});

test.run();
