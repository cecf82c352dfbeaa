import type { PlannedTopic, TopicRemark } from './rule.ts';

const setting = 'compression.type';

/** Batches arrive as the source's log has them: another codec makes the target's brokers compress each of them anew. */
export function recompressedByBrokers({ atSource, atTarget }: PlannedTopic): TopicRemark | undefined {
  const [source, target] = [atSource(setting), atTarget(setting)];
  if (source === undefined || target === undefined || target === 'producer' || target === source) return undefined;
  return { says: `${setting} is ${target}, the brokers of the target compress every batch anew` };
}
