import type { TopicSnapshot } from '../../cluster/snapshot.ts';
import type { TopicState } from '../../execution-plan/execution-plan.ts';

/**
 * A live topic seen through the settings that kplan owns on it: a value only where the topic itself sets it, null where
 * a default holds. What others set stays out of sight, and out of every change.
 */
export function liveTopicState(topic: TopicSnapshot, owned: Iterable<string>): TopicState {
  const config: Record<string, string | null> = {};
  for (const name of [...owned].sort()) {
    const setting = topic.settings?.get(name);
    config[name] = setting?.source === 'topic' ? setting.value : null;
  }
  const { topicId } = topic;
  const found = { partitions: topic.partitions.length, replicationFactor: replicationFactorOf(topic), config };
  return topicId === undefined ? found : { ...found, topicId };
}

/** The most replicas that any partition has; they differ where somebody reassigned only some. */
export function replicationFactorOf(topic: TopicSnapshot): number {
  return topic.partitions.reduce((most, partition) => Math.max(most, partition.replicas.length), 0);
}
