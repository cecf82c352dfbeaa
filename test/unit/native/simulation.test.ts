import { equal } from 'node:assert/strict';
import { test } from 'uvu';
import { type FaultRates, lateMsMax, noFaults } from '../../simulation/client.ts';
import { expectMirrored } from '../../simulation/compare.ts';
import { createMirrorWorld, finishTransactions, type MirrorWorld, writeSome } from '../../simulation/mirror-world.ts';
import { seedOfRun } from '../../simulation/random.ts';

const long = process.env.KPLAN_TEST_LONG === '1';
const seed = seedOfRun();
const worlds = long ? 2_000 : 100;
/** Processes that are killed before one may finish. */
const killsMax = 6;
const killAfterMsMax = 1_500;

/** One world: a source that is written while processes mirror it, fail and die; then a quiet one that must catch up. */
async function liveThrough(world: MirrorWorld): Promise<void> {
  const { random, clock } = world;
  writeSome(world, random.between(0, 150));
  const settings = { targetMaxMessageBytes: random.chance(0.3) ? 1_500 : 1_048_588 };
  world.target.maxMessageBytes = 1_048_588;
  const faults: FaultRates = {
    ...noFaults,
    lostRequest: random.pick([0, 0.002, 0.02]),
    lostAnswer: random.pick([0, 0.002, 0.02]),
    lateEffect: random.pick([0, 0.002, 0.01]),
    latencyMsMax: random.pick([0, 5, 50]),
  };
  for (let kills = random.between(0, killsMax); kills > 0; kills -= 1) {
    const { process, outcome } = world.start({ ...settings, faults });
    const diesAtMs = clock.nowMs() + random.between(1, killAfterMsMax);
    clock.at(diesAtMs, () => process.kill());
    for (let writes = random.between(0, 10); writes > 0; writes -= 1) {
      clock.at(random.between(clock.nowMs(), diesAtMs), () => writeSome(world, random.between(1, 20)));
    }
    for (let moves = random.between(0, 2); moves > 0; moves -= 1) {
      const at = { topic: 'orders', partition: random.between(0, world.partitions - 1) };
      clock.at(random.between(clock.nowMs(), diesAtMs), () => world.source.moveLeader(at, random.between(0, 2)));
    }
    await clock.run(Promise.race([outcome.catch(() => 'failed'), process.death]));
    await clock.run(clock.sleep(Math.max(0, diesAtMs - clock.nowMs())));
    process.kill();
    if (random.chance(0.5)) continue;
    await clock.run(clock.sleep(lateMsMax));
    expectMirrored(world, false);
  }
  await clock.run(clock.sleep(lateMsMax));
  finishTransactions(world);
  const outcome = await world.mirror(settings);
  equal(outcome.result, 'caught-up');
  expectMirrored(world, true);
}

for (const delivery of ['transactional', 'idempotent'] as const) {
  test(`${delivery}: readers of the target see what readers of the source see, whatever fails and whoever dies`, async () => {
    for (let i = 0; i < worlds; i += 1) {
      const worldSeed = (seed + i) >>> 0;
      try {
        await liveThrough(createMirrorWorld(worldSeed, { delivery }));
      } catch (error) {
        process.stdout.write(`replay with KPLAN_TEST_SEED=${worldSeed}\n`);
        throw error;
      }
    }
  });
}

test.run();
