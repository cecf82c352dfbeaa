import type { BrokerSnapshot, ClusterSnapshot, PartitionSnapshot, TopicSnapshot } from '../../cluster/snapshot.ts';
import type { DesiredTopic } from './desired-topic.ts';
import type { Finding } from './finding.ts';

/**
 * Partitions of a wanted topic that its cluster does not serve as it should: without a leader, below
 * min.insync.replicas, or with replicas behind. The sentences name brokers, not partitions, so that one broker that is
 * down makes one diagnostic for all topics.
 */
export function healthFindings(desired: DesiredTopic, cluster: ClusterSnapshot): readonly Finding[] {
  const live = cluster.topics.get(desired.name);
  if (live === undefined) return [];
  const { address, name: topic } = desired;
  return [...offline(live, cluster), ...belowMinimum(live), ...behind(live, cluster.brokers)].map((remark) => ({
    ...remark,
    address,
    topic,
  }));
}

type Remark = Pick<Finding, 'code' | 'says'>;

function offline(live: TopicSnapshot, { name, brokers }: ClusterSnapshot): Remark[] {
  const leaderless = live.partitions.filter((one) => one.leader < 0);
  if (leaderless.length === 0) return [];
  const down = downOf(leaderless, brokers);
  const why = down.length === 0 ? '' : ` (not answering: ${brokerList(down)})`;
  return [{ code: 'KP2120', says: `a partition has no leader on ${name}${why}` }];
}

/**
 * A partition without a leader has its own finding. Brokers ask for no more replicas in sync than a partition has
 * (`effectiveMinIsr` in kafka.cluster.Partition).
 */
function belowMinimum(live: TopicSnapshot): Remark[] {
  const minimum = Number(live.settings?.get('min.insync.replicas')?.value ?? 0);
  const isShort = live.partitions.some((one) => {
    const reachable = Math.min(minimum, one.replicas.length);
    return one.leader >= 0 && one.inSyncReplicas.length < reachable;
  });
  if (!isShort) return [];
  return [{ code: 'KP2121', says: `a partition has fewer replicas in sync than min.insync.replicas, ${minimum}` }];
}

function behind(live: TopicSnapshot, brokers: readonly BrokerSnapshot[]): Remark[] {
  const served = live.partitions.filter((one) => one.leader >= 0);
  const late = served.flatMap((one) => one.replicas.filter((replica) => !one.inSyncReplicas.includes(replica)));
  if (late.length === 0) return [];
  const down = downOf(served, brokers);
  const isDown = down.length > 0 && late.every((replica) => down.includes(replica));
  const why = isDown ? ` (not answering)` : '';
  return [{ code: 'KP2122', says: `replicas are not in sync on ${brokerList(sortedOnce(late))}${why}` }];
}

function downOf(partitions: readonly PartitionSnapshot[], brokers: readonly BrokerSnapshot[]): readonly number[] {
  const up = new Set(brokers.map(({ id }) => id));
  return sortedOnce(partitions.flatMap((one) => one.replicas.filter((replica) => !up.has(replica))));
}

function sortedOnce(ids: readonly number[]): readonly number[] {
  return [...new Set(ids)].sort((a, b) => a - b);
}

function brokerList(ids: readonly number[]): string {
  return `${ids.length === 1 ? 'broker' : 'brokers'} ${ids.join(', ')}`;
}
