import { equal, ok } from 'node:assert/strict';
import { atMost } from '../../src/offset-map/bounds.ts';
import type { Segment } from '../../src/offset-map/segment.ts';
import type { MirrorWorld } from './mirror-world.ts';
import { expectMap, isForeign, type Pair, pairUp, segmentsIn } from './pairs.ts';
import { isCommitted, lastStable } from './simulated-partition.ts';
import type { PositionNow } from './stored-positions.ts';
import { expectTranslations } from './translations.ts';

/**
 * Fails unless readers of committed records see on the target what they see on the source, in order, and the offset map
 * leads from each source record to its own copy; with `delivery: idempotent` all readers. May be called at any moment at which no marker is on its way. `whole`: all
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
    const { segments, next, isTold } = arrivedOf(position, pairs, name);
    expectMap(segments, pairs, name);
    if (world.delivery === 'idempotent') ok(target.batches.every(isSeenByAll), `${name}: records of a transaction`);
    const last = pairs.at(-1);
    if (last !== undefined)
      ok(next >= last.source + last.length, `${name}: the position ${next} is below what arrived`);
    if (missing !== null)
      ok(next <= missing, `${name}: the position ${next} is above ${missing}, which did not arrive`);
    if (!whole) continue;
    if (missing !== null) ok(missing >= lastStable(source), `${name}: ${missing} did not arrive`);
    equal(isTold, false, `${name}: something is ahead of the position`);
    const nextTarget = position?.record.nextTarget ?? 0n;
    const above = target.batches.filter((one) => one.last >= nextTarget && !isForeign(one));
    ok(!above.some((one) => one.kind !== 'marker' && isCommitted(one)), `${name}: records above ${nextTarget}`);
    if (position !== undefined) expectTranslations({ ...position, segments }, pairs, source, target, name);
  }
}

function isSeenByAll(batch: Parameters<typeof isForeign>[0]): boolean {
  return batch.kind !== 'transactional' || isForeign(batch);
}

interface Arrived {
  readonly segments: readonly Segment[];
  readonly next: bigint;
  readonly isTold: boolean;
}

/** The position, its map with what truly stands in spans, and what it tells of ahead as far as that has arrived. */
function arrivedOf(position: PositionNow | undefined, pairs: readonly Pair[], name: string): Arrived {
  if (position === undefined) return { segments: [], next: 0n, isTold: false };
  const { record } = position;
  const inSpans = segmentsIn(position.spans, pairs, name);
  const segments = [...position.segments, ...inSpans].sort((a, b) => (a.source < b.source ? -1 : 1));
  let next = record.nextSource;
  let left = pairs.reduce((sum, one) => sum + BigInt(one.length), 0n);
  for (const { length } of segments) left -= length;
  const runs = record.ahead?.runs ?? [];
  for (const run of runs) {
    if (left <= 0n) break;
    const length = atMost(run.length, left);
    segments.push({ ...run, length });
    next = run.source + length;
    left -= length;
  }
  return { segments, next, isTold: runs.length > 0 };
}
