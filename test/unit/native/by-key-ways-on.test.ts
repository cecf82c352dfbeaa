import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'uvu';
import type { MirrorOptions } from '../../../runner/engines/native/options.ts';
import { buildBatch } from '../../../runner/records/build.ts';
import { createMirrorWorld, type MirrorWorld } from '../../simulation/mirror-world.ts';
import { seedOfRun } from '../../simulation/random.ts';
import {
  appendStored,
  committedRecords,
  deleteBefore,
  type SimulatedPartition,
  truncateTo,
} from '../../simulation/simulated-partition.ts';

const seed = seedOfRun();
const byKey = { hash: 'murmur2', partitions: 3 } as const;
const goingOn: Partial<MirrorOptions> = { answer: () => 'continue' };

/** Values of committed records, in order. */
function seen(log: SimulatedPartition, from = 0n): string[] {
  return committedRecords(log)
    .filter(({ offset }) => offset >= from)
    .map(({ value }) => String(value));
}

function write(world: MirrorWorld, name: string, count = 90): void {
  for (let i = 0; i < count; i += 1) {
    const records = [{ key: Buffer.from(`${i % 17}`), value: Buffer.from(`${name} ${i}`), timestamp: 1n }];
    appendStored(world.sourceLog(0), buildBatch({ records }));
  }
}

/** What stands in all target partitions, each of which must have the order of `wanted`. */
function expectArrived(world: MirrorWorld, wanted: readonly string[]): void {
  const all: string[] = [];
  for (let partition = 0; partition < byKey.partitions; partition += 1) {
    const found = seen(world.targetLog(partition)).filter((one) => one !== 'stranger');
    const own = new Set(found);
    deepEqual(
      found,
      wanted.filter((one) => own.has(one)),
    );
    all.push(...found);
  }
  deepEqual(all.sort(), [...wanted].sort());
}

async function mirroredWorld(): Promise<MirrorWorld> {
  const world = createMirrorWorld(seed, { partitions: 1, byKey });
  write(world, 'first');
  equal((await world.mirror()).result, 'caught-up');
  return world;
}

/** Over the loss, and then twice more: what was stored says the same. */
async function goOn(world: MirrorWorld): Promise<void> {
  equal((await world.mirror({ options: goingOn })).result, 'caught-up');
  equal((await world.mirror()).result, 'caught-up');
}

test('by key: after retention it goes on from the log start, once', async () => {
  const world = await mirroredWorld();
  const before = seen(world.sourceLog(0));
  write(world, 'second');
  const log = world.sourceLog(0);
  deleteBefore(log, log.end - 7n);
  await goOn(world);
  expectArrived(world, [...before, ...seen(log, log.start)]);
});

test('by key: a topic made again at the source goes on behind the one before', async () => {
  const world = await mirroredWorld();
  const before = seen(world.sourceLog(0));
  world.source.deleteTopic('orders');
  world.source.createTopic('orders', 1);
  write(world, 'new');
  await goOn(world);
  write(world, 'later');
  equal((await world.mirror()).result, 'caught-up');
  expectArrived(world, [...before, ...seen(world.sourceLog(0))]);
});

test('by key: a source that lost its end is followed from where its log was cut', async () => {
  const world = await mirroredWorld();
  const before = seen(world.sourceLog(0));
  const log = world.sourceLog(0);
  truncateTo(log, log.end - 20n);
  const cut = log.end;
  world.source.moveLeader({ topic: 'orders', partition: 0 }, 2);
  write(world, 'other', 200);
  await goOn(world);
  expectArrived(world, [...before, ...seen(log, cut)]);
  const [position] = world.positions();
  equal(position?.record.byKey?.recordsEnd, log.end);
});

test("by key: behind a stranger's records it goes on, also where he goes on writing", async () => {
  const world = await mirroredWorld();
  write(world, 'second', 400);
  const stranger = () => buildBatch({ records: [{ key: null, value: Buffer.from('stranger'), timestamp: 1n }] });
  appendStored(world.targetLog(1), stranger());
  const running = world.start({ options: { ...goingOn, foreignWriter: 'continue' } }).outcome;
  for (let ms = 10; ms < 200; ms += 20) {
    world.clock.at(world.clock.nowMs() + ms, () => void appendStored(world.targetLog((ms / 10) % 3), stranger()));
  }
  equal((await world.clock.run(running)).result, 'caught-up');
  expectArrived(world, seen(world.sourceLog(0)));
});

test('by key: partitions that the source gets later are mirrored from their start into the same target partitions', async () => {
  const world = await mirroredWorld();
  world.addPartition();
  const records = Array.from({ length: 20 }, (_, i) => ({
    key: Buffer.from(`${i}`),
    value: Buffer.from(`added ${i}`),
    timestamp: 1n,
  }));
  appendStored(world.sourceLog(1), buildBatch({ records }));
  equal((await world.mirror()).result, 'caught-up');
  expectArrived(world, [...seen(world.sourceLog(0)), ...seen(world.sourceLog(1))]);
});

test.run();
