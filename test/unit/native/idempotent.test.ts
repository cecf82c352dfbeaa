import { deepEqual, equal, ok } from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'uvu';
import { aheadRunsMax } from '../../../runner/engines/native/limits.ts';
import type { MirrorOptions } from '../../../runner/engines/native/options.ts';
import { buildBatch } from '../../../runner/records/build.ts';
import type { DecodedRecord } from '../../../runner/records/decode.ts';
import { runsMax } from '../../../runner/records/section.ts';
import type { PositionRecord } from '../../../src/state/records.ts';
import { type FaultRates, lateMsMax, noFaults } from '../../simulation/client.ts';
import { expectMirrored } from '../../simulation/compare.ts';
import { lossesOf } from '../../simulation/losses-of.ts';
import {
  createMirrorWorld,
  finishTransactions,
  type MirrorWorld,
  writeFinished,
  writeSome,
} from '../../simulation/mirror-world.ts';
import { seedOfRun } from '../../simulation/random.ts';
import {
  allRecords,
  appendStored,
  committedRecords,
  deleteBefore,
  truncateTo,
} from '../../simulation/simulated-partition.ts';

const seed = seedOfRun();
const long = process.env.KPLAN_TEST_LONG === '1';
const worlds = long ? 500 : 40;
const markerBatches = (world: MirrorWorld) => world.targetLog(0).batches.filter(({ kind }) => kind === 'marker').length;

function idempotentWorld(worldSeed = seed, partitions = 1): MirrorWorld {
  return createMirrorWorld(worldSeed, { partitions, delivery: 'idempotent' });
}

function positionOf(world: MirrorWorld, partition = 0): PositionRecord {
  const found = world.positions().find((one) => one.record.source.partition === partition);
  if (found === undefined) throw new Error('no position');
  return found.record;
}

/** Runs a mirror and kills it as soon as `when` holds; what it has sent still arrives. */
async function killWhen(world: MirrorWorld, when: () => boolean, options: Partial<MirrorOptions> = {}): Promise<void> {
  const { process, outcome } = world.start({ options });
  const watch = () => {
    if (when()) process.kill();
    else world.clock.at(world.clock.nowMs() + 1, watch);
  };
  watch();
  await world.clock.run(Promise.race([outcome, process.death]));
  ok(process.killed, 'it came to its end before it could be killed');
  await world.clock.run(world.clock.sleep(lateMsMax));
}

/** A world whose mirror was killed when a part of what its position tells of had arrived. */
async function halfArrived(fill = (world: MirrorWorld) => writeFinished(world, 300)): Promise<MirrorWorld> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const world = idempotentWorld(seed + attempt);
    fill(world);
    await killWhen(world, () => allRecords(world.targetLog(0)).length > 40);
    const { ahead, nextTarget } = positionOf(world);
    const told = (ahead?.runs ?? []).reduce((sum, one) => sum + Number(one.length), 0);
    const arrived = Number(world.targetLog(0).end - nextTarget);
    if (nextTarget > 0n && arrived > 0 && arrived < told) return world;
  }
  throw new Error('no kill hit records on their way');
}

test('a run that ends by itself leaves no marker at the target, and nothing ahead', async () => {
  const world = idempotentWorld();
  writeFinished(world, 80);
  equal((await world.mirror()).result, 'caught-up');
  writeFinished(world, 30);
  equal((await world.mirror()).result, 'caught-up');
  expectMirrored(world, true);
  equal(markerBatches(world), 0);
  deepEqual(positionOf(world).ahead?.runs, []);
});

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

test('a stranger who writes while the mirror writes is seen', async () => {
  for (let delayMs = 1; delayMs < 200; delayMs += 7) {
    const world = idempotentWorld(seed + delayMs);
    writeFinished(world, 150);
    const { outcome } = world.start();
    let isRunning = true;
    const running = outcome.finally(() => {
      isRunning = false;
    });
    world.clock.at(world.clock.nowMs() + delayMs, () => {
      if (isRunning) appendStored(world.targetLog(0), plain('stranger'));
    });
    const first = await world.clock.run(running);
    const seen = lossesOf(first.result === 'loss' ? first : await world.mirror());
    const isThere = world.targetLog(0).batches.some((one) => one.producerId === -1n);
    deepEqual(seen, isThere ? [['foreign-writer', 0]] : [], `after ${delayMs} ms`);
  }
});

function contentOf({ key, value, headers, timestamp }: DecodedRecord) {
  return { key, value, headers, timestamp };
}

function plain(value: string): Buffer {
  return buildBatch({ records: [{ key: null, value: Buffer.from(value), timestamp: 1n }] });
}

test('a producer id that the coordinator forgot is waited for, since no epoch fences it', async () => {
  const world = await halfArrived();
  world.target.coordinator.forgetIdle();
  const startedMs = world.clock.nowMs();
  equal((await world.mirror()).result, 'caught-up');
  ok(world.clock.nowMs() - startedMs >= 60_000);
  expectMirrored(world, true);
});

test('a source of nothing but gaps is told of piece by piece, as a position has room', async () => {
  const world = idempotentWorld();
  const log = world.sourceLog(0);
  const batches = 6;
  for (let i = 0; i < batches; i += 1) {
    const base = log.end;
    const records = Array.from({ length: runsMax }, (_, index) => ({
      key: null,
      value: Buffer.alloc(10, `${index}`),
      timestamp: 1n,
      offset: base + BigInt(2 * index),
    }));
    appendStored(log, buildBatch({ records, baseOffset: base }), base);
  }
  let runsAhead = 0;
  const tuning = { commitIntervalMs: 100, fetchMaxBytes: 4_000_000, memoryMaxMb: 64 };
  const { outcome } = world.start({ options: { tuning } });
  let isRunning = true;
  const running = outcome.finally(() => {
    isRunning = false;
  });
  const watch = () => {
    const [position] = world.positions();
    runsAhead = Math.max(runsAhead, position?.record.ahead?.runs.length ?? 0);
    if (isRunning) world.clock.at(world.clock.nowMs() + 1, watch);
  };
  watch();
  equal((await world.clock.run(running)).result, 'caught-up');
  expectMirrored(world, true);
  ok(runsAhead > runsMax && runsAhead <= aheadRunsMax, `${runsAhead} runs`);
});

test('each delivery goes on from what the other one left, killed or not', async () => {
  for (let i = 0; i < worlds; i += 1) {
    await replayable(seed + i, async (worldSeed) => {
      const world = createMirrorWorld(worldSeed);
      const { random, clock } = world;
      const next = () => ({ options: { delivery: random.pick(['transactional', 'idempotent'] as const) } });
      for (let rounds = random.between(1, 6); rounds > 0; rounds -= 1) {
        writeSome(world, random.between(0, 80));
        const { process, outcome } = world.start({ ...next(), faults: someFaults(world) });
        clock.at(clock.nowMs() + random.between(1, 800), () => process.kill());
        await clock.run(Promise.race([outcome.catch(() => 'failed'), process.death]));
        process.kill();
      }
      await clock.run(clock.sleep(lateMsMax));
      finishTransactions(world);
      equal((await world.mirror(next())).result, 'caught-up');
      expectMirrored(world, true);
    });
  }
});

test('a process that slept while another one took over writes nothing more', async () => {
  for (let i = 0; i < worlds; i += 1) {
    await replayable(seed + i, async (worldSeed) => {
      const world = idempotentWorld(worldSeed, 2);
      const { random, clock } = world;
      writeFinished(world, 200);
      const zombie = world.start({ faults: someFaults(world) });
      await clock.run(clock.sleep(random.between(1, 400)));
      const asleepMs = random.between(100, 3_000);
      zombie.process.suspend(clock.nowMs() + asleepMs);
      await clock.run(clock.sleep(random.between(0, 200)));
      await clock.run(world.start({ faults: someFaults(world) }).outcome.catch(() => 'failed'));
      await clock.run(clock.sleep(asleepMs + lateMsMax));
      zombie.process.kill();
      equal((await world.mirror()).result, 'caught-up');
      expectMirrored(world, true);
    });
  }
});

function someFaults({ random }: MirrorWorld): FaultRates {
  return {
    ...noFaults,
    lostAnswer: random.pick([0, 0.01]),
    lateEffect: random.pick([0, 0.01]),
    latencyMsMax: random.pick([0, 5, 50]),
  };
}

async function replayable(worldSeed: number, live: (worldSeed: number) => Promise<void>): Promise<void> {
  try {
    await live(worldSeed >>> 0);
  } catch (error) {
    process.stdout.write(`replay with KPLAN_TEST_SEED=${worldSeed >>> 0}\n`);
    throw error;
  }
}

test('nothing stands in the place of a first batch that the target refuses, and it comes there later', async () => {
  const world = idempotentWorld();
  const batch = (bytes: number, records: number) =>
    buildBatch({
      codec: 'gzip',
      records: Array.from({ length: records }, () => ({ key: null, value: randomBytes(bytes), timestamp: 1n })),
    });
  appendStored(world.sourceLog(0), batch(30_000, 1));
  for (let i = 0; i < 20; i += 1) appendStored(world.sourceLog(0), batch(1_000, 10));
  world.target.maxMessageBytes = 20_000;
  deepEqual(lossesOf(await world.mirror({ targetMaxMessageBytes: 20_000 })), [['refused', 0]]);
  equal(allRecords(world.targetLog(0)).length, 0);
  world.target.maxMessageBytes = 1_048_588;
  equal((await world.mirror()).result, 'caught-up');
  expectMirrored(world, true);
});

test('a source truncated below a position whose records did not arrive is told, also where none stood before it', async () => {
  const world = idempotentWorld();
  const records = [{ key: null, value: Buffer.from('v'), timestamp: 1n }];
  // No record ever stood below offset 2.
  appendStored(world.sourceLog(0), buildBatch({ records }), 2n);
  await killWhen(world, () => world.positions().some((one) => (one.record.ahead?.runs.length ?? 0) > 0));
  equal(allRecords(world.targetLog(0)).length, 0);
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

test.run();
