import type { KeyHash } from '../../src/migration/migration.ts';
import { askOffsets } from '../engines/native/ask-offsets.ts';
import { partitionName } from '../engines/native/losses.ts';
import type { LogReader } from '../engines/native/ports.ts';
import type { ByKeyTopic } from '../groups/read-by-key.ts';
import { isTombstoneAt, recordKeyAt } from '../records/record-cursor.ts';
import type { StreamRange } from './batch-stream.ts';
import { placeOf, rangesByKey, readRanges } from './by-key-ranges.ts';
import type { HeldRecords } from './held-records.ts';
import type { Newer } from './judge-key.ts';
import { lapsMax } from './limits.ts';
import type { PairSide } from './pair-digest.ts';
import { createRecordHash } from './record-hash.ts';
import { keyNumber, numberOf } from './unpaired-keys.ts';
import type { VerifyWorld } from './verify-world.ts';

/** Reads both sides of a compacted topic whose records go by key. */
export interface KeyLook {
  /** Reads both sides between the checkpoints, the source first. */
  read(held: HeldRecords): Promise<Look>;
  /** Reads both sides from the newer checkpoint up to their ends, for what is newer of these keys. */
  newerOf(keys: ReadonlySet<number>): Promise<(key: number) => Newer>;
}

export interface Look {
  /** Retention deleted some of it meanwhile. */
  readonly overtaken: Readonly<Record<PairSide, boolean>>;
  /** Records without a key, of the side that has more. */
  readonly keyless: number;
}

export function createKeyLook(world: VerifyWorld, topic: ByKeyTopic, keyHash: KeyHash): KeyLook {
  const { sources, targets } = rangesByKey(topic);
  const ranges = { source: sources, target: targets };
  const hashOf = createRecordHash();

  /** Whether retention came past its beginning, and how many records have no key. */
  async function readSide(side: PairSide, held: HeldRecords) {
    let keyless = 0;
    const overtaken = await readRanges(world, world[side], ranges[side], ({ cursor, offset }, partition) => {
      const key = recordKeyAt(cursor);
      if (key === null) {
        keyless += 1;
        return;
      }
      const number = keyNumber(key);
      if (!held.wants(number)) return;
      const misplaced = side === 'target' && placeOf(keyHash, key, partition, targets.length) !== partition;
      const tombstone = isTombstoneAt(cursor);
      held.add(side, number, { hash: numberOf(hashOf(cursor)), partition, offset, tombstone, misplaced });
    });
    return { overtaken, keyless };
  }

  return {
    async read(held) {
      const source = await readSide('source', held);
      const target = await readSide('target', held);
      return {
        overtaken: { source: source.overtaken, target: target.overtaken },
        keyless: Math.max(source.keyless, target.keyless),
      };
    },
    async newerOf(keys) {
      const source = await foundAbove(world, world.source, ranges.source, keys);
      const target = await foundAbove(world, world.target, ranges.target, keys);
      return (key) => ({ source: source.get(key) ?? 'none', target: target.get(key) ?? 'none' });
    },
  };
}

/**
 * What stands of each key above the ranges. A record can be taken before it is read, because of one that was written
 * behind the end that was asked for; so what came meanwhile is read too. The last lap is so short that no cleaner gets to it.
 */
async function foundAbove(
  world: VerifyWorld,
  log: LogReader,
  ranges: readonly StreamRange[],
  keys: ReadonlySet<number>,
): Promise<ReadonlyMap<number, 'record' | 'tombstone'>> {
  const newer = new Map<number, 'record' | 'tombstone'>();
  let above = ranges.map(({ to, ...one }) => ({ ...one, from: to, to }));
  for (let lap = 0; lap < lapsMax; lap += 1) {
    const ends = await askOffsets(log, ranges, 'last-stable', world.clock);
    above = above.map((one) => ({ ...one, from: one.to, to: ends.get(partitionName(one)) ?? one.to }));
    if (above.every((one) => one.to <= one.from)) break;
    await readRanges(world, log, above, ({ cursor }) => {
      const key = recordKeyAt(cursor);
      const number = key === null ? -1 : keyNumber(key);
      if (!keys.has(number) || newer.get(number) === 'tombstone') return;
      newer.set(number, isTombstoneAt(cursor) ? 'tombstone' : 'record');
    });
  }
  return newer;
}
