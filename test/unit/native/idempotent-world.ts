import { ok } from 'node:assert/strict';
import type { MirrorOptions } from '../../../runner/engines/native/options.ts';
import { buildBatch } from '../../../runner/records/build.ts';
import type { PositionRecord } from '../../../src/state/records.ts';
import { lateMsMax } from '../../simulation/client.ts';
import { createMirrorWorld, type MirrorWorld, writeFinished } from '../../simulation/mirror-world.ts';
import { seedOfRun } from '../../simulation/random.ts';
import { allRecords } from '../../simulation/simulated-partition.ts';

const seed = seedOfRun();

export const markerBatches = (world: MirrorWorld) =>
  world.targetLog(0).batches.filter(({ kind }) => kind === 'marker').length;

export function plain(value: string): Buffer {
  return buildBatch({ records: [{ key: null, value: Buffer.from(value), timestamp: 1n }] });
}

export function idempotentWorld(worldSeed = seed, partitions = 1): MirrorWorld {
  return createMirrorWorld(worldSeed, { partitions, delivery: 'idempotent' });
}

export function positionOf(world: MirrorWorld, partition = 0): PositionRecord {
  const found = world.positions().find((one) => one.record.source.partition === partition);
  if (found === undefined) throw new Error('no position');
  return found.record;
}

/** Runs a mirror and kills it as soon as `when` holds; what it has sent still arrives. */
export async function killWhen(
  world: MirrorWorld,
  when: () => boolean,
  options: Partial<MirrorOptions> = {},
): Promise<void> {
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
export async function halfArrived(fill = (world: MirrorWorld) => writeFinished(world, 300)): Promise<MirrorWorld> {
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

/** A world whose mirror was killed when its position told of records; of these none arrived, not even late. */
export async function noneArrived(fill: (world: MirrorWorld) => void): Promise<MirrorWorld> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const world = idempotentWorld(seed + attempt);
    fill(world);
    await killWhen(world, () => world.positions().some((one) => (one.record.ahead?.runs.length ?? 0) > 0));
    if (allRecords(world.targetLog(0)).length === 0) return world;
  }
  throw new Error('no kill came before the records did');
}
