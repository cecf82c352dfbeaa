import { deepEqual, equal, ok } from 'node:assert/strict';
import type { Span } from '../../src/offset-map/span.ts';
import { translate } from '../../src/offset-map/translate.ts';
import type { MirrorWorld } from './mirror-world.ts';
import { committedRecords, type SimulatedPartition } from './simulated-partition.ts';
import { read } from './thinned-world.ts';

export const inSpan = { result: 'unknown', why: 'in-span' };

/** What readers of committed records see, by offset: no two records are equal. */
export function contents(log: SimulatedPartition): ReadonlyMap<bigint, string> {
  return new Map(
    committedRecords(log).map(({ offset, timestamp, key, value }) => [
      offset,
      `${timestamp} ${key?.toString('latin1')} ${value?.toString('latin1')}`,
    ]),
  );
}

/** Each record of the source that is mirrored leads to its own copy, or it is said that this is not known. */
export async function expectTrue(world: MirrorWorld): Promise<void> {
  const { partition, fill } = await read(world);
  const [originals, copies] = [contents(world.sourceLog(0)), contents(world.targetLog(0))];
  for (const input of [partition.input, await fill()]) {
    for (const [offset, original] of originals) {
      if (offset >= input.nextSource) break;
      const found = translate(input, offset);
      if (found.result === 'translated') equal(copyAt(copies, found.target), original, `${offset} -> ${found.target}`);
      else if (found.result !== 'unknown' || found.why !== 'lost-at-target') {
        deepEqual(found, inSpan, `${offset}`);
        const isIn = (span: Span) => offset > span.source && offset < span.sourceEnd;
        ok(input.spans?.some(isIn), `${offset} stands in a span`);
      }
    }
  }
}

/** The record that a consumer at an offset reads next. */
function copyAt(copies: ReadonlyMap<bigint, string>, offset: bigint): string | undefined {
  const markersMax = 20n;
  for (let at = offset; at < offset + markersMax; at += 1n) if (copies.has(at)) return copies.get(at);
  return undefined;
}
