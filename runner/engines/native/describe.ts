import { partitionBackoff, topicAbsentMsMax } from './limits.ts';
import type { Clock, LogReader, TopicDescription, TopicPartition } from './ports.ts';

/**
 * The topics of these partitions by name. A topic or partition that is absent is asked for again until `topicAbsentMsMax`:
 * a broker's metadata may lag behind.
 */
export async function describePresent(
  log: LogReader,
  places: readonly TopicPartition[],
  clock: Clock,
): Promise<ReadonlyMap<string, TopicDescription>> {
  const wanted = [...new Set(places.map((one) => one.topic))];
  const deadlineMs = clock.nowMs() + topicAbsentMsMax;
  for (let backoffMs: number = partitionBackoff.minMs; ; backoffMs *= 2) {
    const found = await log.describeTopics(wanted);
    if (places.every((one) => isDescribed(found.get(one.topic), one.partition)) || clock.nowMs() >= deadlineMs)
      return found;
    await clock.sleep(Math.min(backoffMs, partitionBackoff.maxMs));
  }
}

export function isDescribed(topic: TopicDescription | undefined, partition: number): boolean {
  return topic?.leaders[partition] !== undefined;
}
