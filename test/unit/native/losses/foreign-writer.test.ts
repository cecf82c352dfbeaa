import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'uvu';
import { buildBatch } from '../../../../runner/records/build.ts';
import { expectMirrored } from '../../../simulation/compare.ts';
import { lossesOf } from '../../../simulation/losses-of.ts';
import { createMirrorWorld, type MirrorWorld, writeFinished } from '../../../simulation/mirror-world.ts';
import { seedOfRun } from '../../../simulation/random.ts';
import { appendMarker, appendStored } from '../../../simulation/simulated-partition.ts';
import { mirroredWorld, plainBatch } from './mirrored-world.ts';

const seed = seedOfRun();

test('a stranger who wrote between two runs is seen, whatever was written', async () => {
  const strangers: readonly ((world: MirrorWorld) => void)[] = [
    (world) => void appendStored(world.targetLog(0), plainBatch()),
    (world) => {
      const stamp = { producerId: 999n, producerEpoch: 0, baseSequence: 0, transactional: true };
      appendStored(world.targetLog(0), buildBatch({ records: [{ key: null, value: null, timestamp: 1n }], stamp }));
      appendMarker(world.targetLog(0), 'ABORT', stamp, 1n);
    },
    (world) => {
      const stamp = { producerId: 999n, producerEpoch: 0, baseSequence: 0, transactional: true };
      appendStored(world.targetLog(0), buildBatch({ records: [{ key: null, value: null, timestamp: 1n }], stamp }));
    },
  ];
  for (const write of strangers) {
    const world = await mirroredWorld();
    write(world);
    deepEqual(lossesOf(await world.mirror()), [['foreign-writer', 0]]);
    expectMirrored(world, true, 1);
  }
});

test('a stranger who writes while the mirror writes is seen, also just before the last marker', async () => {
  for (let delayMs = 1; delayMs < 200; delayMs += 7) {
    const world = await mirroredWorld();
    const { outcome } = world.start();
    let wrote = true;
    const running = outcome.finally(() => {
      wrote = false;
    });
    world.clock.at(world.clock.nowMs() + delayMs, () => {
      if (wrote) appendStored(world.targetLog(0), plainBatch(1));
    });
    const first = await world.clock.run(running);
    const seen = lossesOf(first.result === 'loss' ? first : await world.mirror());
    const written = world.targetLog(0).batches.some((one) => one.producerId === -1n);
    deepEqual(seen, written ? [['foreign-writer', 0]] : [], `after ${delayMs} ms`);
  }
});

test('a stranger who writes behind the last commit is seen before the mirror says that it caught up', async () => {
  const world = await mirroredWorld();
  let wrote = false;
  const report = ({ event }: { readonly event: string }) => {
    if (event !== 'commit' || wrote) return;
    wrote = true;
    appendStored(world.targetLog(0), plainBatch());
  };
  deepEqual(lossesOf(await world.mirror({ options: { report } })), [['foreign-writer', 0]]);
});

test("somebody else's records in a target that was never mirrored to are left alone", async () => {
  const world = createMirrorWorld(seed);
  writeFinished(world, 40);
  appendStored(world.targetLog(1), plainBatch());
  const before = world.targetLog(1).end;
  deepEqual(lossesOf(await world.mirror()), [['foreign-writer', 1]]);
  equal(world.targetLog(1).end, before);
});

test("nothing goes into a topic that holds somebody else's records, so that it can be deleted and made again", async () => {
  const world = createMirrorWorld(seed);
  writeFinished(world, 40);
  appendStored(world.targetLog(1), plainBatch());
  await world.mirror();
  equal(world.targetLog(0).end, 0n);
  world.target.deleteTopic('orders-copy');
  world.target.createTopic('orders-copy', 2);
  equal((await world.mirror()).result, 'caught-up');
  expectMirrored(world, true);
});

test.run();
