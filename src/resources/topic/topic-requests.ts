import type { MorePartitions, NewTopic, TopicAlteration } from '../../cluster/requests.ts';
import type { TopicState } from '../../execution-plan/execution-plan.ts';

/** A setting given back is none of a new topic. */
export function newTopic(topic: string, { partitions, replicationFactor, config }: TopicState): NewTopic {
  const set = Object.entries(config).flatMap(([name, value]) => (value === null ? [] : [[name, value] as const]));
  return { topic, partitions, replicationFactor, config: Object.fromEntries(set) };
}

export function morePartitions(topic: string, { partitions }: TopicState): MorePartitions {
  return { topic, partitions };
}

/** Only what differs, so that settings which kplan does not own are never touched. */
export function topicAlteration(topic: string, before: TopicState | null, after: TopicState): TopicAlteration {
  const differing = Object.entries(after.config).filter(([name, value]) => value !== (before?.config[name] ?? null));
  return { topic, settings: Object.fromEntries(differing) };
}
