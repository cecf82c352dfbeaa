import { compacts } from './cleanup-policy.ts';
import type { PlannedTopic, TopicRemark } from './rule.ts';

/** Kafka's own default of delete.retention.ms. */
const tombstoneRetentionMinMs = 86_400_000;

/** A tombstone that is compacted away before it is mirrored leaves its key on the target for ever. */
export function tombstonesTooShortLived({ atSource }: PlannedTopic): TopicRemark | undefined {
  if (!compacts(atSource('cleanup.policy'))) return undefined;
  const value = atSource('delete.retention.ms');
  if (value === undefined || Number(value) >= tombstoneRetentionMinMs) return undefined;
  const says = 'its source keeps tombstones for less than a day, some may be gone before they are mirrored';
  return { says, detail: `delete.retention.ms is ${value} at the source` };
}

export function compactionLost(topic: PlannedTopic): TopicRemark | undefined {
  const { source, target } = policiesOf(topic);
  if (!compacts(source) || target === undefined || compacts(target)) return undefined;
  return { says: 'its source is compacted, the topic at the target is not' };
}

/** Brokers refuse records with a null key in a compacted topic; one that was never compacted may hold some. */
export function compactedAtTargetOnly(topic: PlannedTopic): TopicRemark | undefined {
  const { source, target } = policiesOf(topic);
  if (source === undefined || compacts(source) || !compacts(target)) return undefined;
  return { says: 'is compacted, its source is not; a record without a key would stop the flow' };
}

function policiesOf({ atSource, atTarget }: PlannedTopic) {
  return { source: atSource('cleanup.policy'), target: atTarget('cleanup.policy') };
}
