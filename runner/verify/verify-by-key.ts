import type { KeyHash } from '../../src/migration/migration.ts';
import type { ByKeyTopic } from '../groups/read-by-key.ts';
import { recordKeyAt } from '../records/record-cursor.ts';
import type { WholeByKeyComparison } from './by-key-comparison.ts';
import { placeOf, rangesByKey, readRanges } from './by-key-ranges.ts';
import { allKeys, type ByKeyTally, createByKeyTally, digestOf, keysOutOfOrder } from './by-key-tally.ts';
import type { VerifyWorld } from './verify-world.ts';

/**
 * Compares all source partitions of a topic with all target partitions, each log read once: that every record stands in the
 * partition of its key, unchanged and once, and those of a key in the order of its source partition. Both sides are read between
 * the same two checkpoints: the oldest one of which both logs still hold all, and what was mirrored when verification began.
 * Memory: two hashes a key, of so many keys as `orderKeysMax`; of more, a share by their hash. Records without a key have no order
 * here: those of several source partitions stand in one.
 */
export async function verifyByKey(
  world: VerifyWorld,
  topic: ByKeyTopic,
  keyHash: KeyHash,
): Promise<WholeByKeyComparison> {
  const count = topic.input.targets.length;
  const { sources, targets } = rangesByKey(topic);
  const wanted = createByKeyTally(count);
  const atSource = await readRanges(world, world.source, sources, ({ cursor }, partition) =>
    wanted.add(cursor, placeOf(keyHash, recordKeyAt(cursor), partition, count), partition),
  );
  const found = createByKeyTally(count, wanted.followedBelow);
  const atTarget = await readRanges(world, world.target, targets, ({ cursor }, partition) =>
    found.add(cursor, partition, 0),
  );
  return {
    kind: 'whole',
    source: topic.source,
    target: topic.target,
    records: BigInt(wanted.contents.reduce((sum, one) => sum + one.records, 0)),
    sourceDigest: digestOf(wanted),
    targetDigest: digestOf(found),
    differing: differing(wanted, found),
    keysOutOfOrder: keysOutOfOrder(wanted, found),
    orderShare: found.followedBelow / allKeys,
    overtaken: atSource || atTarget,
  };
}

function differing(wanted: ByKeyTally, found: ByKeyTally): WholeByKeyComparison['differing'] {
  return wanted.contents.flatMap((one, partition) => {
    const other = found.contents[partition];
    if (other?.records === one.records && other.sum === one.sum) return [];
    return [{ partition, wanted: one.records, found: other?.records ?? 0 }];
  });
}
