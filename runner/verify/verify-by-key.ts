import pMap from 'p-map';
import type { KeyHash } from '../../src/migration/migration.ts';
import type { Cut } from '../../src/offset-map/translate-by-key.ts';
import type { LogReader, TopicPartition } from '../engines/native/ports.ts';
import type { ByKeyTopic } from '../groups/read-by-key.ts';
import { partitionOfKey } from '../records/key-hash.ts';
import { type RecordCursor, recordKeyAt } from '../records/record-cursor.ts';
import { allKeys, type ByKeyTally, createByKeyTally, digestOf, keysOutOfOrder } from './by-key-tally.ts';
import { partitionsAtOnceMax } from './limits.ts';
import { openRecordStream } from './record-stream.ts';
import type { VerifyWorld } from './verify-world.ts';

export interface ByKeyComparison {
  readonly source: string;
  readonly target: string;
  /** At the source. */
  readonly records: bigint;
  readonly sourceDigest: string;
  readonly targetDigest: string;
  /** Target partitions that hold other records than their keys' source partitions do, or another number of times. */
  readonly differing: readonly { readonly partition: number; readonly wanted: number; readonly found: number }[];
  /** Keys whose records stand in another order. */
  readonly keysOutOfOrder: number;
  /** Of all keys, the share whose order was looked at. */
  readonly orderShare: number;
  /** Retention deleted some of it meanwhile: what differs may be that. */
  readonly overtaken: boolean;
}

interface Range extends TopicPartition {
  readonly from: bigint;
  readonly to: bigint;
}

/**
 * Compares all source partitions of a topic with all target partitions, each log read once: that every record stands in the
 * partition of its key, unchanged and once, and those of a key in the order of its source partition. Both sides are read between
 * the same two checkpoints: the oldest one of which both logs still hold all, and what was mirrored when verification began.
 * Memory: two hashes a key, of so many keys as `orderKeysMax`; of more, a share by their hash. Records without a key have no order
 * here: those of several source partitions stand in one.
 */
export async function verifyByKey(world: VerifyWorld, topic: ByKeyTopic, keyHash: KeyHash): Promise<ByKeyComparison> {
  const { input } = topic;
  const count = input.targets.length;
  const now = input.cuts.at(-1) ?? { sources: [], targets: [] };
  const first = oldestCut(topic) ?? now;
  const sources = input.sources.map(({ startSource }, partition) => ({
    topic: topic.source,
    partition,
    from: first.sources[partition]?.next ?? startSource,
    to: now.sources[partition]?.next ?? startSource,
  }));
  const targets = input.targets.map((_, partition) => ({
    topic: topic.target,
    partition,
    from: first.targets[partition] ?? 0n,
    to: now.targets[partition] ?? 0n,
  }));
  const wanted = createByKeyTally(count);
  const placeOf = (cursor: RecordCursor, partition: number) => {
    const key = recordKeyAt(cursor);
    return key === null ? partition % count : partitionOfKey(keyHash, key, count);
  };
  const atSource = await readInto(wanted, world, world.source, sources, placeOf, (partition) => partition);
  const found = createByKeyTally(count, wanted.followedBelow);
  const atTarget = await readInto(
    found,
    world,
    world.target,
    targets,
    (_, partition) => partition,
    () => 0,
  );
  return {
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

/** The oldest checkpoint above which neither side has deleted anything. */
function oldestCut({ input: { cuts, sources, targets } }: ByKeyTopic): Cut | undefined {
  return cuts.find(
    (cut) =>
      sources.every(({ start, startSource }, partition) => (cut.sources[partition]?.next ?? startSource) >= start) &&
      targets.every(({ start }, partition) => (cut.targets[partition] ?? 0n) >= start),
  );
}

/** Whether retention came past the beginning of a range. */
async function readInto(
  tally: ByKeyTally,
  { clock, memory, signal, onRecords }: VerifyWorld,
  log: LogReader,
  ranges: readonly Range[],
  placeOf: (cursor: RecordCursor, partition: number) => number,
  fromOf: (partition: number) => number,
): Promise<boolean> {
  const overtaken = await pMap(
    ranges.filter((one) => one.from < one.to),
    async (range) => {
      const share = memory.join();
      const stream = openRecordStream({ log, clock, memory: share, signal }, range);
      const from = fromOf(range.partition);
      try {
        while (await stream.fill()) {
          let records = 0;
          do {
            tally.add(stream.cursor, placeOf(stream.cursor, range.partition), from);
            records += 1;
          } while (stream.step());
          onRecords(records);
        }
        return stream.logStart > range.from;
      } finally {
        await stream.close();
        share.leave();
      }
    },
    { concurrency: partitionsAtOnceMax },
  );
  return overtaken.includes(true);
}

function differing(wanted: ByKeyTally, found: ByKeyTally): ByKeyComparison['differing'] {
  return wanted.contents.flatMap((one, partition) => {
    const other = found.contents[partition];
    if (other?.records === one.records && other.sum === one.sum) return [];
    return [{ partition, wanted: one.records, found: other?.records ?? 0 }];
  });
}
