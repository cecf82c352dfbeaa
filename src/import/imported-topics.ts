import type { ClusterSnapshot, TopicSnapshot } from '../cluster/snapshot.ts';
import { neverMatchedByPattern } from '../migration/patterns.ts';
import { checkInsyncReplicas } from '../plan-file/checks/insync-replicas.ts';
import { checkSettings } from '../plan-file/checks/settings.ts';
import type { PresentTopic } from '../plan-file/plan-file.generated.ts';
import { replicationFactorOf } from '../resources/topic/live-topic.ts';
import { valueProblem } from '../resources/topic/setting-values.ts';
import { byText, type Imported, type ImportedSection, namesOf, noSections } from './imported.ts';

/** Set by tools while replicas move; nobody keeps them in a file. */
const throttles: ReadonlySet<string> = new Set([
  'leader.replication.throttled.replicas',
  'follower.replication.throttled.replicas',
]);

/** Topics of users alone: those that brokers, kplan or other tools keep for themselves are none. */
export function isImported(topic: TopicSnapshot): boolean {
  return !topic.internal && neverMatchedByPattern(topic.name) === null;
}

/**
 * The topics of a cluster as the plan file declares them, with the settings that each sets itself: planned against the
 * same cluster, nothing changes. What `validate` or the cluster's version would refuse is left out with a remark.
 *
 * @param isWanted narrows the topics by name
 */
export function importedTopics(
  cluster: ClusterSnapshot,
  isWanted: (name: string) => boolean,
): ImportedSection<PresentTopic> {
  const topics = [...cluster.topics.values()].filter((topic) => isWanted(topic.name));
  topics.sort((a, b) => byText(a.name, b.name));
  const kept = topics.filter((topic) => !isImported(topic)).map((topic) => topic.name);
  const remarks = kept.length === 0 ? [] : [`Left out, since Kafka or a tool keeps them: ${namesOf(kept)}`];
  return { entries: topics.filter(isImported).map((topic) => importedTopic(topic, cluster)), remarks };
}

function importedTopic(topic: TopicSnapshot, { name: cluster, kafkaVersion }: ClusterSnapshot): Imported<PresentTopic> {
  const own = [...(topic.settings ?? [])].filter(([, setting]) => setting.source === 'topic');
  const refused = new Map<string, string>();
  const config: Record<string, string> = {};
  for (const [name, { value }] of own.sort(([a], [b]) => byText(a, b))) {
    if (throttles.has(name)) refused.set(name, `${name} is a throttle for the time of a reassignment.`);
    else if (value === null) refused.set(name, `brokers keep the value of ${name} to themselves.`);
    else config[name] = value;
  }
  const { name } = topic;
  const sizes = { name, partitions: topic.partitions.length, replicationFactor: replicationFactorOf(topic) };
  const planFile = { ...noSections, topics: { [cluster]: [{ ...sizes, config }] } };
  for (const [setting, value] of Object.entries(config)) {
    const problem = valueProblem(setting, value, kafkaVersion);
    if (problem !== undefined) refused.set(setting, `${setting} is ${value}, and it ${problem}.`);
  }
  for (const { pointer, summary } of [...checkSettings(planFile), ...checkInsyncReplicas(planFile)]) {
    refused.set(String(pointer.at(-1)), summary);
  }
  const left = Object.entries(config).filter(([setting]) => !refused.has(setting));
  const entry = left.length === 0 ? sizes : { ...sizes, config: Object.fromEntries(left) };
  return { entry, remarks: [...refused.values()].map((why) => `Left out: ${why}`) };
}
