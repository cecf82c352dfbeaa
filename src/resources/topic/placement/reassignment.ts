import type { ClusterSnapshot } from '../../../cluster/snapshot.ts';
import type { DesiredTopic } from '../desired-topic.ts';
import { hasOtherFactor, planPlacement } from './plan-placement.ts';
import { addTo, type Placement, replicasByBroker } from './replica-counts.ts';

/** Where the replicas of a topic are, and where its new replication factor puts them. */
export interface Reassignment {
  readonly before: Placement;
  readonly after: Placement;
}

/**
 * The reassignments that wanted topics need, by address; topics that are placed as wanted, are not there yet, or want
 * more replicas than there are brokers (a rule reports it) are absent. Each one counts the replicas that those before
 * it place.
 */
export function planReassignments(
  topics: readonly DesiredTopic[],
  snapshots: ReadonlyMap<string, ClusterSnapshot>,
): ReadonlyMap<string, Reassignment> {
  const planned = new Map<string, Reassignment>();
  const replicasOf = new Map<string, Map<number, number>>();
  for (const { address, cluster: name, name: topic, replicationFactor } of topics) {
    const cluster = snapshots.get(name);
    const partitions = cluster?.topics.get(topic)?.partitions;
    if (cluster === undefined || partitions === undefined || !isPossible(replicationFactor, cluster)) continue;
    if (!hasOtherFactor(partitions, replicationFactor)) continue;
    const clusterReplicas = replicasOf.get(name) ?? replicasOfCluster(cluster);
    replicasOf.set(name, clusterReplicas);
    const before = partitions.map((one) => one.replicas);
    const after = planPlacement({ partitions, brokers: cluster.brokers, replicationFactor, clusterReplicas });
    for (const broker of before.flat()) addTo(clusterReplicas, broker, -1);
    for (const broker of after.flat()) addTo(clusterReplicas, broker, 1);
    planned.set(address, { before, after });
  }
  return planned;
}

function isPossible(replicationFactor: number, cluster: ClusterSnapshot): boolean {
  return replicationFactor > 0 && replicationFactor <= cluster.brokers.length;
}

function replicasOfCluster(cluster: ClusterSnapshot): Map<number, number> {
  return replicasByBroker([...cluster.topics.values()].flatMap((topic) => topic.partitions.map((one) => one.replicas)));
}
