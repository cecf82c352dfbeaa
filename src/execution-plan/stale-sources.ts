import type { ClusterSnapshot, TopicSnapshot } from '../cluster/snapshot.ts';
import type { MirroredTopic } from '../migration/migration.ts';
import { desiredTopics } from '../resources/topic/desired-topic.ts';
import { heldWhileMirrored } from '../resources/topic/setting-rules.ts';
import { sameSetting } from '../resources/topic/setting-values.ts';
import { topicAddress } from './address.ts';
import type { ExecutionPlan } from './execution-plan.ts';
import type { StaleDifference } from './staleness.ts';

type Snapshots = ReadonlyMap<string, ClusterSnapshot>;

/**
 * What moved at the topics that flows mirror from, and at the settings that come along from them. A topic that matches
 * and is new is no difference. A plan that was begun is held to the same: partitions that came since would be left out.
 * A source that the plan itself changes is compared as every resource is.
 */
export function staleSources(plan: ExecutionPlan, snapshots: Snapshots): StaleDifference[] {
  const { flows } = plan.migration;
  const changed = changedTopics(plan);
  const moved = flows.flatMap((flow) => {
    const live = snapshots.get(flow.source)?.topics ?? new Map<string, TopicSnapshot>();
    return flow.topics.flatMap((topic) => {
      const address = topicAddress(flow.source, topic.source);
      return changed.has(address) ? [] : staleSource(address, topic, live.get(topic.source));
    });
  });
  return moved.length > 0 ? moved : staleSettings(plan, snapshots, changed);
}

function changedTopics({ changes }: ExecutionPlan): ReadonlySet<string> {
  return new Set(
    changes.flatMap(({ kind, action, address }) => (kind === 'topic' && action !== 'no-op' ? address : [])),
  );
}

function staleSource(address: string, planned: MirroredTopic, live: TopicSnapshot | undefined): StaleDifference[] {
  if (live === undefined) return [{ address, planned: 'there', found: 'not there' }];
  const { sourceTopicId: id, sourcePartitions: partitions } = planned;
  if (id !== undefined && live.topicId !== id) {
    return [{ address, planned: `the topic with id ${id}`, found: `one with id ${live.topicId ?? 'unknown'}` }];
  }
  if (live.partitions.length === partitions) return [];
  return [{ address, field: 'partitions', planned: String(partitions), found: String(live.partitions.length) }];
}

/** Settings that the plan writes at a target, and would not write from its source as it is now. */
function staleSettings(
  { changes, migration }: ExecutionPlan,
  snapshots: Snapshots,
  changed: ReadonlySet<string>,
): StaleDifference[] {
  const wanted = new Map(desiredTopics(migration, snapshots).topics.map((topic) => [topic.address, topic]));
  return changes.flatMap((change) => {
    if (change.kind !== 'topic' || change.after === null || change.action === 'no-op') return [];
    const desired = wanted.get(change.address);
    if (desired?.mirrored === undefined) return [];
    const { cluster, topic } = desired.mirrored.source;
    const address = topicAddress(cluster, topic);
    if (changed.has(address)) return [];
    const { config: planned } = change.after;
    const there = snapshots.get(desired.cluster)?.topics.get(desired.name)?.settings;
    return Object.keys({ ...planned, ...desired.config }).flatMap((field) => {
      if (field in heldWhileMirrored) return [];
      // What the target's defaults give already is wanted too, and written nowhere.
      const before = field in planned ? (planned[field] ?? null) : (there?.get(field)?.value ?? null);
      const now = desired.config[field] ?? null;
      if (sameSetting(field, before, now)) return [];
      return [{ address, field, planned: before ?? 'default', found: now ?? 'default' }];
    });
  });
}
