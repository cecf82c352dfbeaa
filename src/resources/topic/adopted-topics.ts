import type { TopicSnapshot } from '../../cluster/snapshot.ts';
import { appliedTopic, type SeenResources, type WantedResource } from '../../execution-plan/applied.ts';
import type { TopicState } from '../../execution-plan/execution-plan.ts';
import { type DesiredTopic, desiredTopics, snapshotOf } from './desired-topic.ts';
import { hasOtherFactor } from './placement/plan-placement.ts';
import { settingsToOwn } from './settings-to-own.ts';
import { ownedSettings, topicChange, topicDrift } from './topic-change.ts';

/** Every wanted topic once: of two wishes for one topic the first counts. */
export function topicsToAdopt(seen: SeenResources): readonly WantedResource[] {
  const wanted = new Map<string, WantedResource>();
  for (const desired of desiredTopics(seen.migration, seen.snapshots).topics) {
    const { address } = desired;
    if (!wanted.has(address)) wanted.set(address, { address, adopt: topicToAdopt(desired, seen) });
  }
  return [...wanted.values()];
}

function topicToAdopt(desired: DesiredTopic, { snapshots, state }: SeenResources): TopicState | undefined {
  const { address, cluster, name, replicationFactor } = desired;
  const live = snapshotOf(snapshots, cluster).topics.get(name);
  const applied = appliedTopic(state, address);
  const change = topicChange(desired, live, applied);
  if (live === undefined || change.action !== 'no-op' || change.before === null) return undefined;
  // Surplus partitions are no change, since Kafka takes none away, and yet not what is wanted.
  if (live.partitions.length !== desired.partitions || hasOtherFactor(live.partitions, replicationFactor)) {
    return undefined;
  }
  const config = settingsToOwn(desired, live);
  if (applied !== undefined && isStored(applied, config, live) && !topicDrift(address, live, applied)) return undefined;
  const standing = change.before.config;
  const owned = Object.keys(config).map((setting) => [setting, standing[setting] ?? null] as const);
  const adopted = { partitions: desired.partitions, replicationFactor, config: Object.fromEntries(owned) };
  return live.topicId === undefined ? adopted : { ...adopted, topicId: live.topicId };
}

function isStored(applied: TopicState, config: DesiredTopic['config'], live: TopicSnapshot): boolean {
  return ownsExactly(applied, config) && applied.topicId === live.topicId;
}

function ownsExactly(applied: TopicState, config: DesiredTopic['config']): boolean {
  const owned = ownedSettings(applied);
  return owned.length === Object.keys(config).length && owned.every((name) => Object.hasOwn(config, name));
}
