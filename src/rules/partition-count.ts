import type { ClusterSnapshot } from '../cluster/snapshot.ts';
import { parseAddress } from '../execution-plan/address.ts';
import type { Change } from '../execution-plan/execution-plan.ts';
import type { RuleContext, RuleNotice } from './rule.ts';

/** What the Kafka project advises for one broker (blog of 2018 on Kafka 1.1); KRaft raised the cluster's limit, not this. */
const replicasPerBrokerMax = 4000;

/** Only where the plan itself adds to them: a crowded cluster alone is no news. */
export function tooManyReplicas(cluster: ClusterSnapshot, { changes }: RuleContext): RuleNotice | undefined {
  const added = changes.reduce((sum, change) => sum + replicasAdded(change, cluster.name), 0);
  if (added <= 0 || cluster.brokers.length === 0) return undefined;
  const perBroker = Math.ceil((replicasOf(cluster) + added) / cluster.brokers.length);
  if (perBroker <= replicasPerBrokerMax) return undefined;
  return {
    summary: `${cluster.name} will hold ${perBroker} replicas of partitions a broker, ${replicasPerBrokerMax} is advised.`,
  };
}

function replicasAdded(change: Change, cluster: string): number {
  if (change.kind !== 'topic' || change.after === null || change.action === 'no-op') return 0;
  const address = parseAddress(change.address);
  if (address?.kind !== 'topic' || address.cluster !== cluster) return 0;
  const { before, after } = change;
  const partitions = after.partitions - (before?.partitions ?? 0);
  const reassigned = (after.replicas ?? []).flat().length - (before?.replicas ?? []).flat().length;
  return Math.max(partitions, 0) * after.replicationFactor + reassigned;
}

function replicasOf(cluster: ClusterSnapshot): number {
  let replicas = 0;
  for (const topic of cluster.topics.values()) {
    for (const partition of topic.partitions) replicas += partition.replicas.length;
  }
  return replicas;
}
