import { equal, ok } from 'node:assert/strict';
import type { MirrorWorld } from './mirror-world.ts';
import { expectMap, pairUp } from './pairs.ts';
import { lastStable } from './simulated-partition.ts';

/**
 * Fails unless readers of committed records see on the target what they see on the source, in order, and the offset map
 * leads from each source record to its own copy. May be called at any moment at which no marker is on its way. `whole`: all
 * of the source must have arrived; else what arrived must be its beginning, up to the position. `only`: looks at this
 * partition alone.
 */
export function expectMirrored(world: MirrorWorld, whole: boolean, only?: number): void {
  const positions = world.positions();
  for (let partition = only ?? 0; partition <= (only ?? world.partitions - 1); partition += 1) {
    const name = `partition ${partition}`;
    const position = positions.find((one) => one.record.source.partition === partition);
    const source = world.sourceLog(partition);
    const target = world.targetLog(partition);
    const { pairs, missing } = pairUp(source, target, position?.record.startSource ?? 0n, name);
    expectMap(position?.segments ?? [], pairs, name);
    const next = position?.record.nextSource ?? 0n;
    const last = pairs.at(-1);
    if (last !== undefined)
      ok(next >= last.source + last.length, `${name}: the position ${next} is below what arrived`);
    if (missing !== null)
      ok(next <= missing, `${name}: the position ${next} is above ${missing}, which did not arrive`);
    if (!whole) continue;
    if (missing !== null) ok(missing >= lastStable(source), `${name}: ${missing} did not arrive`);
    if (position !== undefined) equal(position.record.nextTarget, target.end, `${name}: nextTarget`);
  }
}
