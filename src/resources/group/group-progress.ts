import type { ProgressSnapshot } from '../../cluster/progress.ts';
import type { Flow, GroupProgress } from '../../migration/migration.ts';

/**
 * How much each group of the flow has left to read at the source, in the topics that the flow mirrors. A group whose
 * commits, or the ends of what it reads, were not told is absent.
 */
export function groupProgressOf(
  { topics, groupMembers = [] }: Pick<Flow, 'topics' | 'groupMembers'>,
  { ends, commits }: ProgressSnapshot,
): readonly GroupProgress[] {
  const mirrored = new Set(topics.map((topic) => topic.source));
  return groupMembers.flatMap((group) => {
    const committed = commits.get(group)?.filter((one) => mirrored.has(one.topic));
    if (committed === undefined) return [];
    let lagRecords = 0n;
    for (const { topic, partition, offset } of committed) {
      const end = ends.get(topic)?.[partition]?.end;
      if (end === undefined) return [];
      if (end > offset) lagRecords += end - offset;
    }
    const topicsRead = new Set(committed.map((one) => one.topic));
    const partitions = topics.reduce((sum, one) => sum + (topicsRead.has(one.source) ? one.sourcePartitions : 0), 0);
    return [
      {
        group,
        lagRecords: String(lagRecords),
        partitionsCommitted: committed.length,
        partitionsUncommitted: Math.max(0, partitions - committed.length),
      },
    ];
  });
}
