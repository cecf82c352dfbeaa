import { equal } from 'node:assert/strict';
import { positionsByKey, readPositions } from '../../runner/engines/native/positions.ts';
import type { DecodedRecord } from '../../runner/records/decode.ts';
import { createProcess, noFaults } from './client.ts';
import { type MirrorWorld, positionsTopic } from './mirror-world.ts';
import { committedRecords } from './simulated-partition.ts';

/**
 * Fails unless readers of committed records see on the target what they see on the source, in order, and the offset map
 * leads from each source record to its own copy. `whole`: all of the source must have arrived; else what arrived must be
 * its beginning. `only`: looks at this partition alone.
 */
export async function expectMirrored(world: MirrorWorld, whole: boolean, only?: number): Promise<void> {
  const log = createProcess(world.clock, world.random).connect(world.target, noFaults);
  const stored = [
    ...positionsByKey(await world.clock.run(readPositions(log, positionsTopic, undefined, world.clock))).values(),
  ];
  for (let partition = only ?? 0; partition <= (only ?? world.partitions - 1); partition += 1) {
    const position = stored.find((one) => one.record.source.partition === partition);
    const from = position?.record.startSource ?? 0n;
    const wanted = committedRecords(world.sourceLog(partition)).filter((one) => one.offset >= from);
    const found = committedRecords(world.targetLog(partition));
    if (whole) equal(found.length, wanted.length, `partition ${partition}: records at the target`);
    equal(found.length <= wanted.length, true, `partition ${partition}: more records than at the source`);
    const targets = targetsBySource(position?.segments() ?? []);
    equal(targets.size, found.length, `partition ${partition}: records in the offset map`);
    for (const [index, record] of found.entries()) {
      const original = wanted[index];
      if (original === undefined) throw new Error('unreachable');
      equal(contentOf(record), contentOf(original), `partition ${partition}, source offset ${original.offset}`);
      equal(targets.get(original.offset), record.offset, `partition ${partition}: target of ${original.offset}`);
    }
    if (whole && position !== undefined) {
      equal(position.record.nextTarget, world.targetLog(partition).end, `partition ${partition}: nextTarget`);
    }
  }
}

function targetsBySource(
  segments: readonly { readonly source: bigint; readonly target: bigint; readonly length: bigint }[],
): Map<bigint, bigint> {
  const targets = new Map<bigint, bigint>();
  for (const { source, target, length } of segments) {
    for (let i = 0n; i < length; i += 1n) targets.set(source + i, target + i);
  }
  return targets;
}

function contentOf({ key, value, headers, timestamp }: DecodedRecord): string {
  const text = (bytes: Buffer | null) => bytes?.toString('base64') ?? null;
  return JSON.stringify([
    text(key),
    text(value),
    String(timestamp),
    headers.map((one) => [text(one.key), text(one.value)]),
  ]);
}
