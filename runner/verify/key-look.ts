import { hash } from 'node:crypto';
import type { KeyHash } from '../../src/migration/migration.ts';
import { atLeast } from '../../src/offset-map/bounds.ts';
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
  watchAbove(): AboveWatch;
}

/** What stands above the newer checkpoint. */
export interface AboveWatch {
  /** Reads on up to the ends of both sides, for these keys; none may come to those that were asked for before. */
  readOn(keys: ReadonlySet<number>): Promise<(key: number) => Newer>;
}

export interface Look {
  /** Retention deleted some of it meanwhile. */
  readonly overtaken: Readonly<Record<PairSide, boolean>>;
  /** Records without a key, of the side that has more. */
  readonly keyless: number;
}

/** Behind the bytes that make a key's number; 31 bits of it, which take no memory of their own. */
const checkAt = 8;

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
      const digest = hash('sha256', key, 'buffer');
      const heldKey = { number: numberOf(digest), check: digest.readUInt32BE(checkAt) >>> 1 };
      if (!held.wants(heldKey.number)) return;
      const misplaced = side === 'target' && placeOf(keyHash, key, partition, targets.length) !== partition;
      const tombstone = isTombstoneAt(cursor);
      held.add(side, heldKey, { hash: numberOf(hashOf(cursor)), partition, offset, tombstone, misplaced });
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
    watchAbove() {
      const source = watchSide(world, world.source, ranges.source);
      const target = watchSide(world, world.target, ranges.target);
      return {
        async readOn(keys) {
          const atSource = await source(keys);
          const atTarget = await target(keys);
          return (key) => ({ source: atSource.get(key) ?? 'none', target: atTarget.get(key) ?? 'none' });
        },
      };
    },
  };
}

/**
 * What stands of each key above the ranges. A record can be taken before it is read, because of one that was written
 * behind the end that was asked for; so what came meanwhile is read too. The last lap is so short that no cleaner gets to it.
 */
function watchSide(world: VerifyWorld, log: LogReader, ranges: readonly StreamRange[]) {
  const found = new Map<number, 'record' | 'tombstone'>();
  let read = ranges.map(({ to, ...one }) => ({ ...one, from: to, to }));
  return async (keys: ReadonlySet<number>): Promise<ReadonlyMap<number, 'record' | 'tombstone'>> => {
    for (let lap = 0; lap < lapsMax; lap += 1) {
      const ends = await askOffsets(log, ranges, 'last-stable', world.clock);
      const above = read.map((one) => ({
        ...one,
        from: one.to,
        to: atLeast(ends.get(partitionName(one)) ?? 0n, one.to),
      }));
      if (above.every((one) => one.to === one.from)) break;
      await readRanges(world, log, above, ({ cursor }) => {
        const key = recordKeyAt(cursor);
        const number = key === null ? -1 : keyNumber(key);
        if (!keys.has(number) || found.get(number) === 'tombstone') return;
        found.set(number, isTombstoneAt(cursor) ? 'tombstone' : 'record');
      });
      read = above;
    }
    return found;
  };
}
