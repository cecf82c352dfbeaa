import type { ClusterSnapshot, TopicSnapshot } from '../cluster/snapshot.ts';
import { flowAddress } from '../execution-plan/address.ts';
import { appliedFlow, appliedTopic } from '../execution-plan/applied.ts';
import type { DesiredTopic } from '../resources/topic/desired-topic.ts';
import { targetDefaultOf } from '../resources/topic/mirrored-settings.ts';
import { heldWhileMirrored } from '../resources/topic/setting-rules.ts';
import type { StateSnapshot } from '../state/records.ts';
import type { PlannedTopic } from './rule.ts';

export interface PlannedTopicsInput {
  readonly snapshots: ReadonlyMap<string, ClusterSnapshot>;
  readonly state: StateSnapshot;
  readonly desired: Iterable<DesiredTopic>;
}

/** Every wanted topic as the rules see it. One after the other, since there may be tens of thousands. */
export function* plannedTopics({ snapshots, state, desired }: PlannedTopicsInput): Generator<PlannedTopic> {
  for (const topic of desired) {
    const from = topic.mirrored?.source;
    const source = from && snapshots.get(from.cluster)?.topics.get(from.topic);
    const cluster = snapshots.get(topic.cluster);
    const flow = topic.mirrored?.flow;
    const atTarget = settingsAfter(topic, cluster, state);
    yield {
      desired: topic,
      ...(from === undefined ? {} : { source: from.topic }),
      isNewlyMirrored: flow !== undefined && appliedFlow(state, flowAddress(flow)) === undefined,
      atTarget,
      afterCutover: settingsAfterCutover(topic, cluster, atTarget),
      atSource: settingsOf(source),
    };
  }
}

function settingsOf(topic: TopicSnapshot | undefined): PlannedTopic['atSource'] {
  const settings = topic?.settings;
  return (name) => settings?.get(name)?.value ?? undefined;
}

/** What the plan sets, else what stands on the topic; one that kplan set before and that is wanted no more goes back. */
function settingsAfter(
  topic: DesiredTopic,
  cluster: ClusterSnapshot | undefined,
  state: StateSnapshot,
): PlannedTopic['atTarget'] {
  const live = cluster?.topics.get(topic.name)?.settings;
  const applied = appliedTopic(state, topic.address)?.config;
  return (name) => {
    const wanted = topic.config[name];
    if (wanted !== undefined) return wanted;
    const setting = live?.get(name);
    const goesBack = setting?.source === 'topic' && typeof applied?.[name] === 'string';
    const kept = goesBack ? setting.inherited : setting;
    return kept?.value ?? cluster?.newTopicSettings.get(name)?.value ?? undefined;
  };
}

/** What is held while mirrored becomes what was asked for, else the target's own default. */
function settingsAfterCutover(
  { name: topic, mirrored }: DesiredTopic,
  cluster: ClusterSnapshot | undefined,
  atTarget: PlannedTopic['atTarget'],
): PlannedTopic['afterCutover'] {
  if (mirrored === undefined || cluster === undefined) return atTarget;
  return (name) => {
    if (!(name in heldWhileMirrored)) return atTarget(name);
    return mirrored.heldBack[name] ?? targetDefaultOf(cluster, cluster.topics.get(topic))(name) ?? undefined;
  };
}
