import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { fetchBytes } from '../../../runner/verify/limits.ts';
import { createMemory } from '../../../runner/verify/memory.ts';
import { verifyPartition } from '../../../runner/verify/verify-partition.ts';
import { countingClock, onlyTopic, partitionLog, readerOf } from './partition-log.ts';

test('who came first never waits; others wait until there is room', async () => {
  const memory = createMemory(100);
  const [first, second] = [memory.join(), memory.join()];
  await second.take(80);
  await first.take(60);
  assert.is(memory.takenMax, 140);
  let came = false;
  const waiting = second.take(30).then(() => {
    came = true;
  });
  await Promise.resolve();
  assert.not.ok(came);
  assert.not.ok(second.tryTake(1), 'those that wait come first');
  first.release(60);
  await Promise.resolve();
  assert.not.ok(came, '80 and 30 are more than 100');
  second.release(20);
  await waiting;
  assert.ok(came);
});

test('what a share holds is given back when it leaves, and the next one is the first then', async () => {
  const memory = createMemory(100);
  const [first, second] = [memory.join(), memory.join()];
  await first.take(100);
  const waiting = second.take(1_000);
  first.leave();
  await waiting;
  second.takeArrived(50);
  assert.is(memory.takenMax, 1_050);
  second.leave();
  assert.ok(memory.join().tryTake(100));
});

test('many partitions come through a memory that holds two fetches, and take little more', async () => {
  const memory = createMemory(2 * fetchBytes);
  const records = Array.from({ length: 400 }, (_, n) => {
    return { key: null, value: Buffer.alloc(100, `${n}`), timestamp: 0n, offset: BigInt(n) };
  });
  const log = partitionLog(records);
  const partition = { topic: onlyTopic, partition: 0 };
  const segments = [{ source: 0n, target: 0n, length: 400n }];
  const input = { segments, startSource: 0n, nextSource: 400n, nextTarget: 400n, source: log, target: log };
  const world = { source: readerOf(log), target: readerOf(log), clock: countingClock(), memory, onRecords: () => {} };
  const neither = { source: false, target: false };
  const compare = () => verifyPartition(world, { source: partition, target: partition, input }, neither);
  const found = await Promise.all(Array.from({ length: 12 }, compare));
  for (const one of found) assert.is(one.records, 400n);
  assert.ok(memory.takenMax <= 4 * fetchBytes, `${memory.takenMax} bytes`);
  assert.ok(memory.join().tryTake(2 * fetchBytes), 'all is given back');
});

test.run();
