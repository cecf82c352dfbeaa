import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'uvu';
import { buildBatch } from '../../../../runner/records/build.ts';
import { expectMirrored } from '../../../simulation/compare.ts';
import { lossesOf } from '../../../simulation/losses-of.ts';
import {
  createMirrorWorld,
  finishTransactions,
  positionsTopic,
  writeFinished,
  writeSome,
} from '../../../simulation/mirror-world.ts';
import { seedOfRun } from '../../../simulation/random.ts';
import { appendStored } from '../../../simulation/simulated-partition.ts';
import { mirroredWorld } from './mirrored-world.ts';

const seed = seedOfRun();

test('markers that brokers write after they answered EndTxn are waited for', async () => {
  const world = createMirrorWorld(seed);
  const markerDelayMs = 700;
  world.target.delayMarkers = (write) => world.clock.at(world.clock.nowMs() + markerDelayMs, write);
  writeFinished(world, 80);
  equal((await world.mirror()).result, 'caught-up');
  deepEqual(
    world.events.filter((one) => one.event === 'retry'),
    [],
  );
  expectMirrored(world, true);
});

test('a target topic made again before anything was mirrored into it is mirrored into', async () => {
  const world = createMirrorWorld(seed);
  equal((await world.mirror()).result, 'caught-up');
  world.target.deleteTopic('orders-copy');
  world.target.createTopic('orders-copy', 2);
  writeFinished(world, 40);
  equal((await world.mirror()).result, 'caught-up');
  expectMirrored(world, true);
});

test('a target that lost records, was made again or is gone stops', async () => {
  const lost = await mirroredWorld();
  const log = lost.targetLog(0);
  log.batches = log.batches.slice(0, -1);
  log.end = (log.batches.at(-1)?.last ?? -1n) + 1n;
  deepEqual(lossesOf(await lost.mirror()), [['target-lost', 0]]);

  const again = await mirroredWorld();
  again.target.deleteTopic('orders-copy');
  again.target.createTopic('orders-copy', 2);
  deepEqual(lossesOf(await again.mirror()), [
    ['target-recreated', 0],
    ['target-recreated', 1],
  ]);

  const gone = await mirroredWorld();
  gone.target.deleteTopic('orders-copy');
  deepEqual(lossesOf(await gone.mirror()), [
    ['target-gone', 0],
    ['target-gone', 1],
  ]);
});

test('positions that were deleted are not mistaken for a start', async () => {
  const world = await mirroredWorld();
  world.target.deleteTopic(positionsTopic);
  world.target.createTopic(positionsTopic, 1);
  deepEqual(new Set(lossesOf(await world.mirror()).map(([kind]) => kind)), new Set(['positions-lost']));
});

test('a batch that the target refuses for good stops its partition with what the broker says', async () => {
  const world = createMirrorWorld(seed);
  writeSome(world, 40);
  appendStored(world.sourceLog(0), buildBatch({ records: [{ key: null, value: Buffer.alloc(5_000), timestamp: 1n }] }));
  finishTransactions(world);
  world.target.maxMessageBytes = 4_500;
  const outcome = await world.mirror({ targetMaxMessageBytes: 4_500 });
  deepEqual(lossesOf(outcome), [['refused', 0]]);
  equal(outcome.result === 'loss' && outcome.losses[0]?.diagnostic.summary.includes('MESSAGE_TOO_LARGE'), true);
  expectMirrored(world, true, 1);
});

test.run();
