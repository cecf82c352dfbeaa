import { deepEqual, equal, ok } from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'uvu';
import { aheadRunsMax } from '../../../runner/engines/native/limits.ts';
import { buildBatch } from '../../../runner/records/build.ts';
import { runsMax } from '../../../runner/records/section.ts';
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
import { allRecords, appendStored } from '../../simulation/simulated-partition.ts';
import { idempotentWorld, markerBatches, plain, positionOf } from './idempotent-world.ts';

const seed = seedOfRun();
const long = process.env.KPLAN_TEST_LONG === '1';
const worlds = long ? 500 : 40;

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

/** Longer than a partition surely knows its producer. */
const pauseMs = 90_000;

test('a partition that forgot the producer while nothing came takes no batch in the place of one that it refused', async () => {
  for (let n = 0; n < 10; n += 1) {
    const world = idempotentWorld(seed + n);
    const { clock, target } = world;
    writeFinished(world, 60);
    const stop = new AbortController();
    const { outcome } = world.start({ options: { until: 'stopped', signal: stop.signal } });
    await clock.run(clock.sleep(pauseMs));
    world.targetLog(0).producers.clear();
    const { produce } = target.log;
    let refused = false;
    Object.assign(target.log, {
      produce(...args: Parameters<typeof produce>) {
        const isFirst = !refused && args[2].some(({ topic }) => topic === 'orders-copy');
        refused ||= isFirst;
        target.readOnly = isFirst ? 'NOT_ENOUGH_REPLICAS' : null;
        return produce(...args);
      },
    });
    writeFinished(world, 400);
    await clock.run(clock.sleep(pauseMs));
    stop.abort();
    deepEqual(await clock.run(outcome), { result: 'interrupted' });
    ok(refused);
    expectMirrored(world, true);
  }
});

test.run();
