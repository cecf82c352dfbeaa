import { askWhoAnswers } from '../engines/native/ask-offsets.ts';
import { partitionFault } from '../engines/native/faults.ts';
import { partitionName } from '../engines/native/losses.ts';
import type { Clock, LogReader, TopicPartition } from '../engines/native/ports.ts';
import type { ClusterFault } from '../kafka/cluster-fault.ts';
import type { AskedOffset } from './asked-offset.ts';

/** A partition of which no leader tells. */
export interface SilentPlace extends TopicPartition {
  readonly fault: ClusterFault;
}

export interface OffsetsAtTime {
  readonly asked: readonly AskedOffset[];
  readonly silent: readonly SilentPlace[];
}

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
): Promise<OffsetsAtTime> {
  const found = await askWhoAnswers(log, partitions, { timestampMs }, clock);
  const older = partitions.filter((one) => (found.offsets.get(partitionName(one)) ?? 0n) < 0n);
  const ends = await askWhoAnswers(log, older, 'last-stable', clock);
  const offsets = new Map([...found.offsets, ...ends.offsets]);
  const errors = new Map([...found.errors, ...ends.errors]);
  const asked: AskedOffset[] = [];
  const silent: SilentPlace[] = [];
  for (const { topic, partition } of partitions) {
    const name = partitionName({ topic, partition });
    const error = errors.get(name);
    if (error === undefined) asked.push({ topic, partition, offset: offsets.get(name) ?? 0n });
    else silent.push({ topic, partition, fault: partitionFault(log.cluster, 'ListOffsets', error, name) });
  }
  return { asked, silent };
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
