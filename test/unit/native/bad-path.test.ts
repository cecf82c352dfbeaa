import { equal, ok } from 'node:assert/strict';
import { test } from 'uvu';
import { transactionBytesMax, transactionBytesMin, transactionMsMin } from '../../../runner/engines/native/limits.ts';
import { createTransactionSize } from '../../../runner/engines/native/transaction-size.ts';
import { noFaults } from '../../simulation/client.ts';
import { expectMirrored } from '../../simulation/compare.ts';
import { expectByKey } from '../../simulation/compare-by-key.ts';
import { createMirrorWorld, writeFinished } from '../../simulation/mirror-world.ts';
import { seedOfRun } from '../../simulation/random.ts';

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
