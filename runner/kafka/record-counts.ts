import type { TopicSnapshot } from '../../src/cluster/snapshot.ts';
import type { ClusterClient } from './cluster-client.ts';
import { openLogReader } from './log-reader.ts';

/**
 * How many records each topic has at most: the distance from every log's start to its end, where markers of transactions
 * and what was compacted count too. A topic of which a partition does not tell is absent. Throws a ClusterFault.
 */
export async function recordsMaxOf(
  client: ClusterClient,
  topics: readonly TopicSnapshot[],
): Promise<ReadonlyMap<string, bigint>> {
  const log = openLogReader(client);
  const partitions = topics.flatMap(({ name, partitions: all }) =>
    all.map(({ partition }) => ({ topic: name, partition })),
  );
  if (partitions.length === 0) return new Map();
  const [starts, ends] = await Promise.all([log.offsets(partitions, 'earliest'), log.offsets(partitions, 'latest')]);
  const counts = new Map(topics.map(({ name }) => [name, 0n]));
  const silent = new Set<string>();
  const startOf = new Map(starts.map((one) => [`${one.topic}:${one.partition}`, one]));
  for (const { topic, partition, offset, error } of ends) {
    const start = startOf.get(`${topic}:${partition}`);
    if (error !== null || start === undefined || start.error !== null) silent.add(topic);
    else counts.set(topic, (counts.get(topic) ?? 0n) + offset - start.offset);
  }
  for (const topic of silent) counts.delete(topic);
  return counts;
}
