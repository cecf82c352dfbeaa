import type { PlannedTopic, TopicRemark } from './rule.ts';

const setting = 'min.insync.replicas';

/** More than the replication factor is an error of its own (KP2106); a single replica has nothing to spare anyway. */
export function noReplicaToSpare({ desired, atTarget }: PlannedTopic): TopicRemark | undefined {
  const { replicationFactor } = desired;
  if (replicationFactor < 2 || Number(atTarget(setting)) !== replicationFactor) return undefined;
  return { says: `${setting} is ${replicationFactor}, as high as the replication factor` };
}
