import type { LogEnd, ProgressScope, ProgressSnapshot } from '../../src/cluster/progress.ts';
import type { TopicPartition } from '../engines/native/ports.ts';
import type { ClusterClient } from './cluster-client.ts';
import { readCommits } from './commit-reader.ts';
import { openLogReader } from './log-reader.ts';
import { readOpenTransactions } from './open-transactions.ts';

/**
 * How far topics and groups are: two ListOffsets a leader, one OffsetFetch for many groups, and where a log's last stable
 * offset is behind its end, who holds it back. Throws a ClusterFault where a cluster does not answer; what it refuses is said.
 */
export async function readProgress(client: ClusterClient, scope: ProgressScope): Promise<ProgressSnapshot> {
  const topics = new Set(scope.topics.map(({ name }) => name));
  const groups = scope.groups.map(({ group }) => group);
  const [ends, commits] = await Promise.all([readEnds(client, scope), readCommits(client, groups, topics)]);
  const held = [...ends].flatMap(([topic, all]) =>
    all.flatMap((one, partition) => (one !== undefined && one.stable < one.end ? [{ topic, partition }] : [])),
  );
  const open = await readOpenTransactions(client, held);
  return {
    ends,
    commits: commits.commits,
    openTransactions: open.transactions,
    unread: [...commits.unread, ...open.unread],
  };
}

/** A partition without a leader is not waited for: it does not tell. */
async function readEnds(client: ClusterClient, { topics }: ProgressScope) {
  const partitions = topics.flatMap(({ name, partitions: all }): TopicPartition[] =>
    all.flatMap(({ partition, leader }) => (leader < 0 ? [] : [{ topic: name, partition }])),
  );
  const found = new Map<string, (LogEnd | undefined)[]>(
    topics.map(({ name, partitions: all }) => [name, all.map(() => undefined)]),
  );
  if (partitions.length === 0) return found;
  const log = openLogReader(client);
  // In this order a transaction that ends meanwhile makes no partition look held back.
  const ends = await log.offsets(partitions, 'latest');
  const stable = await log.offsets(partitions, 'last-stable');
  for (const [index, { topic, partition }] of partitions.entries()) {
    const [end, upTo] = [ends[index], stable[index]];
    const isTold = end !== undefined && upTo !== undefined && end.error === null && upTo.error === null;
    const ofTopic = found.get(topic) ?? [];
    ofTopic[partition] = isTold ? { end: end.offset, stable: upTo.offset } : undefined;
  }
  return found;
}
