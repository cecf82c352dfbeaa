import type { LogRange } from '../../src/offset-map/translate.ts';
import type { MirroredPartition } from '../groups/mirrored-partition.ts';
import { decodeRecord } from '../records/decode.ts';
import type { StreamWorld } from './batch-stream.ts';
import type { ComparedRange } from './compared-range.ts';
import type { Difference } from './difference.ts';
import { openRecordStream } from './record-stream.ts';
import { keyNumber, type UnpairedRecord } from './unpaired-keys.ts';

interface World {
  readonly source: StreamWorld;
  readonly target: StreamWorld;
}

/**
 * What becomes of the records that stand on one side only and are the last of their key in the compared range:
 *
 * - written again at the source above the range: the mirror may have copied that already, and the cleaner taken ours;
 * - a tombstone that is missing at the target: it may be over there (`delete.retention.ms`), unless an older record of
 *   its key still stands at the target;
 * - a tombstone that only the target still has: over at the source;
 * - all else is a difference.
 *
 * Reads only what it must: nothing where nothing waits.
 */
export async function settleUnpaired(
  world: World,
  partition: MirroredPartition,
  range: ComparedRange,
  waiting: ReadonlyMap<number, UnpairedRecord>,
): Promise<readonly Difference[]> {
  if (waiting.size === 0) return [];
  const left = new Map(waiting);
  const above = { start: range.source.end, end: partition.input.source.end };
  await eachKey(world, 'source', partition, above, (key) => left.delete(key));
  const tombstones = new Map([...left].filter(([, one]) => one.tombstone));
  for (const key of tombstones.keys()) left.delete(key);
  if ([...tombstones.values()].some((one) => one.side === 'source')) {
    await eachKey(world, 'target', partition, range.target, (key) => {
      const one = tombstones.get(key);
      if (one?.side === 'source') left.set(key, one);
    });
  }
  return [...left.values()].sort((one, other) => (one.sourceOffset < other.sourceOffset ? -1 : 1)).map(differenceOf);
}

async function eachKey(
  world: World,
  side: 'source' | 'target',
  partition: MirroredPartition,
  range: LogRange,
  visit: (key: number) => void,
): Promise<void> {
  const at = { ...partition[side], from: range.start, to: range.end };
  const stream = openRecordStream(world[side], at);
  try {
    while (stream.step() || (await stream.fill())) {
      const { key } = decodeRecord(stream.cursor);
      if (key !== null) visit(keyNumber(key));
    }
  } finally {
    await stream.close();
  }
}

function differenceOf({ side, sourceOffset, targetOffset }: UnpairedRecord): Difference {
  return { kind: side === 'source' ? 'missing' : 'extra', sourceOffset, targetOffset };
}
