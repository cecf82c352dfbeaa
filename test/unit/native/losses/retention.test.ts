import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'uvu';
import { expectMirrored } from '../../../simulation/compare.ts';
import { lossesOf } from '../../../simulation/losses-of.ts';
import { createMirrorWorld, writeFinished } from '../../../simulation/mirror-world.ts';
import { seedOfRun } from '../../../simulation/random.ts';
import { deleteBefore } from '../../../simulation/simulated-partition.ts';
import { mirroredWorld } from './mirrored-world.ts';

const seed = seedOfRun();

test('records that the source deleted before they were mirrored stop their partition, and the others go on', async () => {
  const world = await mirroredWorld();
  deleteBefore(world.sourceLog(0), world.sourceLog(0).end - 1n);
  const outcome = await world.mirror();
  deepEqual(lossesOf(outcome), [['retention', 0]]);
  expectMirrored(world, true, 1);
});

test('retention that ends exactly at the position loses nothing', async () => {
  const world = createMirrorWorld(seed);
  writeFinished(world, 80);
  await world.mirror();
  const log = world.sourceLog(0);
  deleteBefore(log, log.end);
  writeFinished(world, 40);
  equal((await world.mirror()).result, 'caught-up');
});

test('retention that overtakes the mirror while it reads is seen', async () => {
  const world = await mirroredWorld();
  const log = world.sourceLog(0);
  const stop = new AbortController();
  const { outcome } = world.start({ options: { until: 'stopped', signal: stop.signal } });
  const watch = () => {
    if (world.events.some((one) => one.event === 'loss')) return stop.abort();
    deleteBefore(log, log.end);
    for (let i = 0; i < 5; i += 1) world.writer.write(log);
    world.writer.finish(log);
    world.clock.at(world.clock.nowMs() + 40, watch);
  };
  world.clock.at(world.clock.nowMs() + 1, watch);
  deepEqual(lossesOf(await world.clock.run(outcome)), [['retention', 0]]);
});

test.run();
