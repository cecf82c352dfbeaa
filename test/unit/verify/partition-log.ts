import type { Clock, FetchedPartition, LogReader } from '../../../runner/engines/native/ports.ts';
import { buildBatch, buildMarker, type NewRecord } from '../../../runner/records/build.ts';
import { lastOffsetOf } from '../../../runner/records/header.ts';

/** Partition 0 of one topic in memory: batches as a broker keeps them, and the range of offsets it still has. */
export interface PartitionLog {
  readonly batches: readonly Buffer[];
  readonly start: bigint;
  readonly end: bigint;
  readonly aborted?: FetchedPartition['abortedTransactions'];
}

export const onlyTopic = 'topic';

/**
 * Records at the offsets they name, in batches of at most so many; gaps between them stay gaps. Up to `end` stands a
 * marker, if that is higher: a log never ends above its last batch.
 */
export function partitionLog(
  records: readonly (NewRecord & { offset: bigint })[],
  perBatch = 3,
  end: bigint = (records.at(-1)?.offset ?? -1n) + 1n,
): PartitionLog {
  const batches: Buffer[] = [];
  for (let at = 0; at < records.length; at += perBatch) {
    const some = records.slice(at, at + perBatch);
    batches.push(buildBatch({ records: some, baseOffset: some[0]?.offset ?? 0n }));
  }
  if (end > (records.at(-1)?.offset ?? -1n) + 1n) {
    batches.push(buildMarker('COMMIT', { producerId: 1n, producerEpoch: 0, baseOffset: end - 1n, timestamp: 0n }));
  }
  return { batches, start: 0n, end };
}

/** A reader of that log: at most so many batches a fetch, and an answer of its own for offsets outside of it. */
export function readerOf(log: PartitionLog, cluster = 'memory', perFetch = 2): LogReader {
  const partition = { topic: onlyTopic, partition: 0 };
  return {
    cluster,
    describeTopics: async (topics) => new Map(topics.map((topic) => [topic, { topic, leaders: [1] }])),
    offsets: async (_partitions, at) => [
      { ...partition, error: null, offset: at === 'earliest' ? log.start : log.end },
    ],
    fetch: async (_broker, { positions }) => {
      const offset = positions[0]?.offset ?? 0n;
      const outside = offset < log.start || offset > log.end;
      const batches = log.batches.filter((batch) => lastOffsetOf(batch) >= offset).slice(0, perFetch);
      return [
        {
          ...partition,
          error: outside ? 'OFFSET_OUT_OF_RANGE' : null,
          logStartOffset: log.start,
          highWatermark: log.end,
          lastStableOffset: log.end,
          abortedTransactions: log.aborted ?? [],
          records: outside ? Buffer.alloc(0) : Buffer.concat(batches),
          release: () => {},
        },
      ];
    },
  };
}

/** Nothing waits in memory; a loop that would wait too long ends all the same. */
export function countingClock(): Clock {
  let nowMs = 0;
  return {
    nowMs: () => nowMs,
    async sleep(durationMs) {
      nowMs += durationMs;
    },
  };
}
