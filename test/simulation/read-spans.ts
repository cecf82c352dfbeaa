import { deepEqual } from 'node:assert/strict';
import { segmentsOfSpan } from '../../runner/engines/native/scan-span.ts';
import type { Segment } from '../../src/offset-map/segment.ts';
import { createProcess, noFaults } from './client.ts';
import type { MirrorWorld } from './mirror-world.ts';
import { pairUp, segmentsIn } from './pairs.ts';
import { lastStable } from './simulated-partition.ts';

/**
 * Reads every span of the stored maps from both logs, as whoever asks for an offset in it does. Fails where one tells anything
 * else than what truly stands there, as far as both logs still hold it. Gives how many could be read.
 */
export async function expectSpansRead(world: MirrorWorld): Promise<number> {
  const reader = createProcess(world.clock, world.random);
  const [sourceLog, targetLog] = [reader.connect(world.source, noFaults), reader.connect(world.target, noFaults)];
  let read = 0;
  for (const { record, spans } of world.positions()) {
    // Where records go by key there are no segments, and nothing is sealed.
    if (spans.length === 0) continue;
    const { partition } = record.source;
    const [source, target] = [world.sourceLog(partition), world.targetLog(partition)];
    if (lastStable(source) < record.nextSource) continue;
    const name = `partition ${partition}`;
    const { pairs } = pairUp(source, target, record.startSource, name);
    for (const span of spans) {
      const logs = {
        source: { log: sourceLog, at: { topic: record.source.topic, partition }, start: source.start },
        target: { log: targetLog, at: { topic: record.target.topic, partition }, start: target.start },
        clock: world.clock,
      };
      if (source.start >= span.sourceEnd || target.start >= span.targetEnd) continue;
      const found = await world.clock.run(segmentsOfSpan(span, logs));
      if (found === null) continue;
      read += 1;
      const truth = segmentsIn([span], pairs, name).flatMap((one) => from(one, source.start));
      deepEqual(found, truth, `${name}: what the logs tell of a span`);
    }
  }
  return read;
}

/** What of a segment stands at or above a source offset. */
function from({ source, target, length }: Segment, start: bigint): Segment[] {
  if (source + length <= start) return [];
  const gone = start > source ? start - source : 0n;
  return [{ source: source + gone, target: target + gone, length: length - gone }];
}
