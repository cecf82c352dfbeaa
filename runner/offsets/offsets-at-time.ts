import { askOffsets } from '../engines/native/ask-offsets.ts';
import { partitionName } from '../engines/native/losses.ts';
import type { Clock, LogReader, TopicPartition } from '../engines/native/ports.ts';
import type { AskedOffset } from './asked-offset.ts';

/**
 * The first offset of each partition that is not older than the time, as Kafka's tools count it (ListOffsets): a marker of
 * a transaction has the time at which it was written, so that the offset may be that of one before the first such record,
 * and is never behind it. Where all that can be read is older, the end of that: behind it may stand an open transaction.
 */
export async function offsetsAtTime(
  log: LogReader,
  partitions: readonly TopicPartition[],
  timestampMs: bigint,
  clock: Clock,
): Promise<readonly AskedOffset[]> {
  const found = await askOffsets(log, partitions, { timestampMs }, clock);
  const offsetOf = (one: TopicPartition) => found.get(partitionName(one)) ?? -1n;
  const older = partitions.filter((one) => offsetOf(one) < 0n);
  const ends = await askOffsets(log, older, 'last-stable', clock);
  return partitions.map(({ topic, partition }) => {
    const at = { topic, partition };
    return { ...at, offset: ends.get(partitionName(at)) ?? offsetOf(at) };
  });
}

/** Those of the partitions (how many there are wanted, by topic) that the cluster has. */
export async function livePartitions(
  log: LogReader,
  partitionsOf: ReadonlyMap<string, number>,
): Promise<readonly TopicPartition[]> {
  const described = await log.describeTopics([...partitionsOf.keys()]);
  return [...partitionsOf].flatMap(([topic, wanted]) => {
    const count = Math.min(wanted, described.get(topic)?.leaders.length ?? 0);
    return Array.from({ length: count }, (_, partition) => ({ topic, partition }));
  });
}
