import pMap from 'p-map';
import type { KeyHash } from '../../src/migration/migration.ts';
import type { Cut } from '../../src/offset-map/translate-by-key.ts';
import type { LogReader } from '../engines/native/ports.ts';
import type { ByKeyTopic } from '../groups/read-by-key.ts';
import { partitionOfKey } from '../records/key-hash.ts';
import type { StreamRange } from './batch-stream.ts';
import { partitionsAtOnceMax } from './limits.ts';
import { openRecordStream, type RecordStream } from './record-stream.ts';
import type { VerifyWorld } from './verify-world.ts';

/** What is compared of a topic whose records go by key: by partition, between two checkpoints. */
export interface ByKeyRanges {
  readonly sources: readonly StreamRange[];
  readonly targets: readonly StreamRange[];
}

/** From the oldest checkpoint of which both logs still hold all up to what was mirrored when verification began. */
export function rangesByKey(topic: ByKeyTopic): ByKeyRanges {
  const { input } = topic;
  const now = input.cuts.at(-1) ?? { sources: [], targets: [] };
  const first = oldestCut(topic) ?? now;
  return {
    sources: input.sources.map(({ startSource }, partition) => ({
      topic: topic.source,
      partition,
      from: first.sources[partition]?.next ?? startSource,
      to: now.sources[partition]?.next ?? startSource,
    })),
    targets: input.targets.map((_, partition) => ({
      topic: topic.target,
      partition,
      from: first.targets[partition] ?? 0n,
      to: now.targets[partition] ?? 0n,
    })),
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

/** The target partition, of so many, in which a record of this key and source partition belongs. */
export function placeOf(hash: KeyHash, key: Buffer | null, sourcePartition: number, targets: number): number {
  return key === null ? sourcePartition % targets : partitionOfKey(hash, key, targets);
}

/** Reads ranges side by side, each one's records in order; whether retention came past the beginning of one. */
export async function readRanges(
  { clock, memory, signal, onRecords }: Omit<VerifyWorld, 'source' | 'target'>,
  log: LogReader,
  ranges: readonly StreamRange[],
  visit: (at: Pick<RecordStream, 'cursor' | 'offset'>, partition: number) => void,
): Promise<boolean> {
  const overtaken = await pMap(
    ranges.filter((one) => one.from < one.to),
    async (range) => {
      const share = memory.join();
      const stream = openRecordStream({ log, clock, memory: share, signal }, range);
      try {
        while (await stream.fill()) {
          let records = 0;
          do {
            visit(stream, range.partition);
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
