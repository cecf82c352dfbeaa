import type { ClusterSnapshot } from '../cluster/snapshot.ts';
import { topicAddress } from '../execution-plan/address.ts';
import { appliedTopic } from '../execution-plan/applied.ts';
import type { Migration } from '../migration/migration.ts';
import type { DesiredTopic } from '../resources/topic/desired-topic.ts';
import type { StateSnapshot } from '../state/records.ts';
import type { PlannedTopic } from './rule.ts';

export interface PlannedTopicsInput {
  readonly migration: Migration;
  readonly snapshots: ReadonlyMap<string, ClusterSnapshot>;
  readonly state: StateSnapshot;
  /** By address. */
  readonly desired: ReadonlyMap<string, DesiredTopic>;
}

/** Every wanted topic as the rules see it. */
export function plannedTopics({ migration, snapshots, state, desired }: PlannedTopicsInput): readonly PlannedTopic[] {
  const sources = new Map(
    migration.flows.flatMap((flow) =>
      flow.topics.map(({ source, target }) => [topicAddress(flow.target, target), { cluster: flow.source, source }]),
    ),
  );
  return [...desired.values()].map((topic) => {
    const from = topic.mirrored === undefined ? undefined : sources.get(topic.address);
    const settings = from && snapshots.get(from.cluster)?.topics.get(from.source)?.settings;
    return {
      desired: topic,
      ...(from === undefined ? {} : { source: from.source }),
      atTarget: settingsAfter(topic, snapshots.get(topic.cluster), state),
      atSource: (name) => settings?.get(name)?.value ?? undefined,
    };
  });
}

/** What the plan sets, else what stands on the topic; one that kplan set before and that is wanted no more goes back. */
function settingsAfter(topic: DesiredTopic, cluster: ClusterSnapshot | undefined, state: StateSnapshot) {
  const live = cluster?.topics.get(topic.name)?.settings;
  const applied = appliedTopic(state, topic.address);
  return (name: string): string | undefined => {
    const wanted = topic.config[name];
    if (wanted !== undefined) return wanted;
    const setting = live?.get(name);
    const goesBack = setting?.source === 'topic' && typeof applied?.config[name] === 'string';
    const kept = goesBack ? setting.inherited : setting;
    return kept?.value ?? cluster?.newTopicSettings.get(name)?.value ?? undefined;
  };
}
