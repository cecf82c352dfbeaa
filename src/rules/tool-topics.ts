import { neverMatchedByPattern } from '../migration/patterns.ts';
import type { PlannedTopic, TopicRemark } from './rule.ts';

/** Named in full, such a topic comes along; what is to be done about it is said with it. */
export function toolTopicMirrored({ source }: PlannedTopic): TopicRemark | undefined {
  const known = source === undefined ? null : neverMatchedByPattern(source);
  return known === null ? undefined : { says: 'a tool keeps it for itself, and the flow mirrors it', fix: known.note };
}
