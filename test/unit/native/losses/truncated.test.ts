import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'uvu';
import { expectMirrored } from '../../../simulation/compare.ts';
import { lossesOf } from '../../../simulation/losses-of.ts';
import { createMirrorWorld, type MirrorWorld } from '../../../simulation/mirror-world.ts';
import { seedOfRun } from '../../../simulation/random.ts';
import { appendStored, truncateTo } from '../../../simulation/simulated-partition.ts';
import { mirroredWorld, plainBatch } from './mirrored-world.ts';

const seed = seedOfRun();

test('a source log that ends below the position was truncated', async () => {
  const world = await mirroredWorld();
  const log = world.sourceLog(1);
  log.batches = log.batches.slice(0, 3);
  log.end = (log.batches.at(-1)?.last ?? 0n) + 1n;
  deepEqual(lossesOf(await world.mirror()), [['truncated', 1]]);
});

/** An unclean election: the new leader lacks the last batches of the partition. */
function elect(world: MirrorWorld, partition: number, batchesLost: number): void {
  const log = world.sourceLog(partition);
  truncateTo(log, log.batches.at(-batchesLost)?.base ?? log.end);
  world.source.moveLeader({ topic: 'orders', partition }, 2);
}

test('a source log that was truncated is a loss also when it has grown past the position again', async () => {
  for (const grown of [0, 1, 200]) {
    const world = await mirroredWorld();
    equal((await world.mirror()).result, 'caught-up');
    const { end } = world.sourceLog(1);
    elect(world, 1, 3);
    const log = world.sourceLog(1);
    if (grown > 0) appendStored(log, plainBatch(Number(end - log.end)));
    for (let i = 1; i < grown; i += 1) appendStored(log, plainBatch());
    deepEqual(lossesOf(await world.mirror()), [['truncated', 1]], `${grown} batches`);
    expectMirrored(world, true, 0);
  }
});

test('what was read of a source log before it was truncated, and not committed, is read again', async () => {
  const world = createMirrorWorld(seed, { partitions: 1 });
  for (let i = 0; i < 50; i += 1) appendStored(world.sourceLog(0), plainBatch());
  equal((await world.mirror()).result, 'caught-up');
  for (let i = 0; i < 500; i += 1) appendStored(world.sourceLog(0), plainBatch(i % 7 === 0 ? 1 : 9));
  const stop = new AbortController();
  const tuning = { commitIntervalMs: 10_000, fetchMaxBytes: 4_000, memoryMaxMb: 1 };
  const { outcome } = world.start({ options: { tuning, until: 'stopped', signal: stop.signal } });
  world.clock.at(world.clock.nowMs() + 300, () => {
    const log = world.sourceLog(0);
    const { end } = log;
    elect(world, 0, 490);
    while (log.end < end) appendStored(log, plainBatch());
  });
  world.clock.at(world.clock.nowMs() + 30_000, () => stop.abort());
  equal((await world.clock.run(outcome)).result, 'interrupted');
  equal(world.events.filter((one) => one.event === 'retry').length, 1);
  expectMirrored(world, true);
});

test.run();
