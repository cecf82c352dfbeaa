import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'uvu';
import { buildBatch } from '../../../../runner/records/build.ts';
import { lossesOf } from '../../../simulation/losses-of.ts';
import { createMirrorWorld, type MirrorWorld, writeFinished } from '../../../simulation/mirror-world.ts';
import { seedOfRun } from '../../../simulation/random.ts';
import { appendStored } from '../../../simulation/simulated-partition.ts';
import { mirroredWorld, plainBatch } from './mirrored-world.ts';

const seed = seedOfRun();

test('a source topic that was made again is not taken for the old one', async () => {
  const world = await mirroredWorld();
  world.source.deleteTopic('orders');
  world.source.createTopic('orders', 2);
  writeFinished(world, 300);
  deepEqual(lossesOf(await world.mirror()), [
    ['recreated', 0],
    ['recreated', 1],
  ]);
});

/** Deletes the source topic and makes it again with that many foreign batches in each partition. */
function makeAgain(world: MirrorWorld, batches: number): void {
  world.source.deleteTopic('orders');
  world.source.createTopic('orders', world.partitions);
  for (let partition = 0; partition < world.partitions; partition += 1) {
    for (let i = 0; i < batches; i += 1) appendStored(world.sourceLog(partition), plainBatch());
  }
}

function strangersAtTarget(world: MirrorWorld): number {
  const batches = Array.from({ length: world.partitions }, (_, partition) => world.targetLog(partition).batches).flat();
  return batches.filter(({ bytes, outcome }) => outcome === 'COMMIT' && bytes.includes('stranger')).length;
}

for (const batches of [500, 0]) {
  test(`a source topic that is made again with ${batches} batches while it is read does not reach the target`, async () => {
    for (let delayMs = 0; delayMs < 60; delayMs += 3) {
      const world = createMirrorWorld(seed + delayMs);
      writeFinished(world, 200);
      const { outcome } = world.start();
      world.clock.at(world.clock.nowMs() + delayMs, () => makeAgain(world, batches));
      const ended = await world.clock.run(outcome);
      if (ended.result === 'caught-up') continue;
      deepEqual(new Set(lossesOf(ended).map(([kind]) => kind)), new Set(['recreated']), `after ${delayMs} ms`);
      equal(strangersAtTarget(world), 0, `after ${delayMs} ms`);
    }
  });
}

for (const until of ['caught-up', 'stopped'] as const) {
  for (const batches of [500, 0]) {
    test(`while brokers' metadata is stale, nothing of a topic made again with ${batches} batches arrives (${until})`, async () => {
      for (let delayMs = 0; delayMs < 60; delayMs += 3) {
        const world = createMirrorWorld(seed + delayMs);
        writeFinished(world, 200);
        const stop = new AbortController();
        const { outcome } = world.start({ options: { until, signal: stop.signal } });
        const startMs = world.clock.nowMs();
        world.clock.at(startMs + delayMs, () => {
          world.source.staleMetadata = true;
          makeAgain(world, batches);
        });
        world.clock.at(startMs + 3_000, () => {
          world.source.staleMetadata = false;
        });
        world.clock.at(startMs + 20_000, () => stop.abort());
        const ended = await world.clock.run(outcome);
        equal(strangersAtTarget(world), 0, `after ${delayMs} ms`);
        if (ended.result === 'caught-up') continue;
        deepEqual(new Set(lossesOf(ended).map(([kind]) => kind)), new Set(['recreated']), `after ${delayMs} ms`);
      }
    });
  }
}

test('a source topic made again is not taken for a truncated one while metadata names no leader that can be asked', async () => {
  const world = await mirroredWorld();
  world.source.leaders.stop(0);
  world.source.staleMetadata = true;
  world.source.leaders.start(0);
  makeAgain(world, 0);
  world.clock.at(world.clock.nowMs() + 3_000, () => {
    world.source.staleMetadata = false;
  });
  deepEqual(lossesOf(await world.mirror()), [
    ['recreated', 0],
    ['recreated', 1],
  ]);
});

test('what was read of a topic made again is not committed with the loss that stops its only partition', async () => {
  for (let delayMs = 0; delayMs <= 50; delayMs += 10) {
    const world = createMirrorWorld(seed, { partitions: 1 });
    const records = [{ key: null, value: Buffer.alloc(100), timestamp: 1n }];
    for (let i = 0; i < 3_000; i += 1) appendStored(world.sourceLog(0), buildBatch({ records }));
    const tuning = { commitIntervalMs: 1_000, fetchMaxBytes: 4_000, memoryMaxMb: 1 };
    const { outcome } = world.start({ options: { tuning } });
    const onceItReads = () => {
      const isReading = world.positions().length > 0;
      world.clock.at(
        world.clock.nowMs() + (isReading ? delayMs : 1),
        isReading ? () => makeAgain(world, 240) : onceItReads,
      );
    };
    onceItReads();
    deepEqual(lossesOf(await world.clock.run(outcome)), [['recreated', 0]], `after ${delayMs} ms`);
    equal(strangersAtTarget(world), 0, `after ${delayMs} ms`);
  }
});

test('a follower does not go on in a topic that was made again and is longer than the old one', async () => {
  const world = await mirroredWorld();
  const stop = new AbortController();
  const { outcome } = world.start({ options: { until: 'stopped', signal: stop.signal } });
  world.clock.at(world.clock.nowMs() + 3_000, () => makeAgain(world, 2_000));
  world.clock.at(world.clock.nowMs() + 20_000, () => stop.abort());
  deepEqual(lossesOf(await world.clock.run(outcome)), [
    ['recreated', 0],
    ['recreated', 1],
  ]);
  equal(strangersAtTarget(world), 0);
});

test('a source topic that is gone is a loss of each of its partitions', async () => {
  const world = await mirroredWorld();
  world.source.deleteTopic('orders');
  deepEqual(lossesOf(await world.mirror()), [
    ['source-gone', 0],
    ['source-gone', 1],
  ]);
});

test.run();
