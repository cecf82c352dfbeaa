import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { test } from 'uvu';
import type { Loss } from '../../../runner/engines/native/losses.ts';
import { buildBatch } from '../../../runner/records/build.ts';
import type { DecodedRecord } from '../../../runner/records/decode.ts';
import { expectMirrored } from '../../simulation/compare.ts';
import { lossesOf } from '../../simulation/losses-of.ts';
import { positionsTopic, writeFinished } from '../../simulation/mirror-world.ts';
import { seedOfRun } from '../../simulation/random.ts';
import {
  allRecords,
  appendStored,
  committedRecords,
  deleteBefore,
  truncateTo,
} from '../../simulation/simulated-partition.ts';
import {
  halfArrived,
  idempotentWorld,
  killWhen,
  markerBatches,
  noneArrived,
  plain,
  positionOf,
} from './idempotent-world.ts';

function contentOf({ key, value, headers, timestamp }: DecodedRecord) {
  return { key, value, headers, timestamp };
}

test('what arrived of what was told of is counted, and the rest follows', async () => {
  const world = await halfArrived();
  equal((await world.mirror()).result, 'caught-up');
  expectMirrored(world, true);
  equal(markerBatches(world), 1);
});

test('sessions that die between the fence and the first word count the same', async () => {
  const world = await halfArrived();
  for (let markers = 1; markers <= 3; markers += 1) {
    await killWhen(world, () => markerBatches(world) === markers);
    ok(positionOf(world).ahead?.runs.length, 'it was killed before it could settle anything');
  }
  equal((await world.mirror()).result, 'caught-up');
  expectMirrored(world, true);
});

test('what the source deleted after the kill shifts nothing', async () => {
  const world = await halfArrived();
  const wanted = committedRecords(world.sourceLog(0));
  const arrived = allRecords(world.targetLog(0)).length;
  deleteBefore(world.sourceLog(0), wanted[arrived]?.offset ?? 0n);
  equal((await world.mirror()).result, 'caught-up');
  deepEqual(allRecords(world.targetLog(0)).map(contentOf), wanted.map(contentOf));
});

test('what the target deleted before it was counted counts, where no other session came between', async () => {
  const world = await halfArrived();
  const log = world.targetLog(0);
  const arrived = allRecords(log);
  deleteBefore(log, log.end);
  equal((await world.mirror()).result, 'caught-up');
  const wanted = committedRecords(world.sourceLog(0));
  deepEqual([...arrived, ...allRecords(log)].map(contentOf), wanted.map(contentOf));
});

test('what the target deleted before it was counted is a loss, where markers may have been among it', async () => {
  const world = await halfArrived();
  await killWhen(world, () => markerBatches(world) === 1);
  ok(positionOf(world).ahead?.runs.length, 'the session that came between has settled it');
  deleteBefore(world.targetLog(0), world.targetLog(0).end);
  deepEqual(lossesOf(await world.mirror()), [['target-lost', 0]]);
});

test('a target that lost what the position speaks of is seen, though a marker stands in its place', async () => {
  const world = await halfArrived();
  const log = world.targetLog(0);
  const { nextTarget } = positionOf(world);
  truncateTo(log, nextTarget - 1n);
  deepEqual(lossesOf(await world.mirror()), [['target-lost', 0]]);
});

for (const recordsLost of [1n, 20n]) {
  test(`with records on their way no way leads on from ${recordsLost} lost at the target, and that is said`, async () => {
    const world = await halfArrived();
    truncateTo(world.targetLog(0), positionOf(world).nextTarget - recordsLost);
    const asked: Loss[] = [];
    const answer = (loss: Loss) => {
      asked.push(loss);
      return 'continue' as const;
    };
    const outcome = await world.mirror({ options: { answer } });
    deepEqual([lossesOf(outcome), asked], [[['target-lost', 0]], []]);
    const [lost] = outcome.result === 'loss' ? outcome.losses : [];
    equal(lost?.isFinal, true);
    match(lost?.diagnostic.fix ?? '', /^Records were on their way when it came, .* map orders to another target topic/);
  });
}

test('a target that lost some of what was on its way gets it again', async () => {
  const world = await halfArrived();
  truncateTo(world.targetLog(0), positionOf(world).nextTarget + 1n);
  equal((await world.mirror()).result, 'caught-up');
  expectMirrored(world, true);
});

test('a stranger among what arrived is seen', async () => {
  const world = await halfArrived();
  appendStored(world.targetLog(0), plain('stranger'));
  deepEqual(lossesOf(await world.mirror()), [['foreign-writer', 0]]);
});

test('a producer id that the coordinator forgot is waited for, since no epoch fences it', async () => {
  const world = await halfArrived();
  world.target.coordinator.forgetIdle();
  const startedMs = world.clock.nowMs();
  equal((await world.mirror()).result, 'caught-up');
  ok(world.clock.nowMs() - startedMs >= 60_000);
  expectMirrored(world, true);
});

test('a source truncated below a position whose records did not arrive is told, also where none stood before it', async () => {
  const records = [{ key: null, value: Buffer.from('v'), timestamp: 1n }];
  // No record ever stood below offset 2.
  const world = await noneArrived((one) => appendStored(one.sourceLog(0), buildBatch({ records }), 2n));
  truncateTo(world.sourceLog(0), 0n);
  world.source.moveLeader({ topic: 'orders', partition: 0 }, 2);
  for (let i = 0; i < 5; i += 1) appendStored(world.sourceLog(0), buildBatch({ records }));
  deepEqual(lossesOf(await world.mirror()), [['truncated', 0]]);
  equal(allRecords(world.targetLog(0)).length, 0);
});

test('a gap in which another leader took over is no truncation', async () => {
  const world = await halfArrived((world) => {
    const records = [{ key: null, value: Buffer.alloc(70_000), timestamp: 1n }];
    for (let batch = 0; batch < 60; batch += 1) {
      appendStored(world.sourceLog(0), buildBatch({ records }), BigInt(batch * 10));
      world.source.moveLeader({ topic: 'orders', partition: 0 }, batch % 3);
    }
  });
  equal((await world.mirror()).result, 'caught-up');
  equal(allRecords(world.targetLog(0)).length, 60);
});

test('a position that comes late from a producer id that the coordinator forgot stands below what is written later', async () => {
  const world = idempotentWorld(seedOfRun(), 2);
  writeFinished(world, 60);
  equal((await world.mirror()).result, 'caught-up');
  const positions = world.target.partition({ topic: positionsTopic, partition: 0 });
  const late = positions.batches.findLast(({ kind }) => kind === 'plain');
  ok(late);
  world.target.coordinator.forgetIdle();
  writeFinished(world, 60);
  const startedMs = world.clock.nowMs();
  world.clock.at(startedMs + 30_000, () => void appendStored(positions, Buffer.from(late.bytes)));
  equal((await world.mirror()).result, 'caught-up');
  ok(world.clock.nowMs() - startedMs >= 60_000, 'it was waited for');
  const againMs = world.clock.nowMs();
  writeFinished(world, 1);
  equal((await world.mirror()).result, 'caught-up');
  ok(world.clock.nowMs() - againMs < 60_000, 'once, also where a partition had nothing new since');
  expectMirrored(world, true);
});

test.run();
