import { equal } from 'node:assert/strict';
import { buildBatch } from '../../../../runner/records/build.ts';
import { createMirrorWorld, type MirrorWorld, writeFinished } from '../../../simulation/mirror-world.ts';
import { seedOfRun } from '../../../simulation/random.ts';

/** A world whose first part is mirrored, and to which more is written. */
export async function mirroredWorld(): Promise<MirrorWorld> {
  const world = createMirrorWorld(seedOfRun());
  writeFinished(world, 80);
  equal((await world.mirror()).result, 'caught-up');
  writeFinished(world, 80);
  return world;
}

/** A batch without a producer, whose values all begin with `stranger`. */
export function plainBatch(records = 3): Buffer {
  return buildBatch({
    records: Array.from({ length: records }, (_, i) => ({
      key: null,
      value: Buffer.from(`stranger ${i}`),
      timestamp: 1n,
    })),
  });
}
