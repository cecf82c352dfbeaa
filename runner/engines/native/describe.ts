import { partitionBackoff, topicAbsentMsMax } from './limits.ts';
import type { Clock, LogReader, TopicDescription } from './ports.ts';

/** Topics by name. One that is absent is asked for again until `topicAbsentMsMax`: a broker's metadata may lag behind. */
export async function describePresent(
  log: LogReader,
  topics: readonly string[],
  clock: Clock,
): Promise<ReadonlyMap<string, TopicDescription>> {
  const wanted = [...new Set(topics)];
  const deadlineMs = clock.nowMs() + topicAbsentMsMax;
  for (let backoffMs: number = partitionBackoff.minMs; ; backoffMs *= 2) {
    const found = await log.describeTopics(wanted);
    if (wanted.every((topic) => found.has(topic)) || clock.nowMs() >= deadlineMs) return found;
    await clock.sleep(Math.min(backoffMs, partitionBackoff.maxMs));
  }
}
