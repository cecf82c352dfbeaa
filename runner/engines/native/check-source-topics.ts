import { SessionEnded } from './faults.ts';
import type { MirroredPartition } from './partition.ts';
import type { Session } from './session.ts';
import { identityLoss } from './source-trouble.ts';

/**
 * Asked after the last fetch of what is to be written: records of another topic under the same name must not be. Also for a
 * partition that a loss has stopped, for its queue may hold what came from the other topic before that was seen.
 */
export async function checkSourceTopics(session: Session, moved: readonly MirroredPartition[]): Promise<void> {
  if (moved.length === 0) return;
  const topics = await session.flow.options.source.describeTopics([...new Set(moved.map((one) => one.source.topic))]);
  for (const partition of moved) {
    const topic = topics.get(partition.source.topic);
    if (topic !== undefined && identityLoss(session, partition, topic) !== null) {
      throw new SessionEnded(`The source topic ${topic.topic} is not the one that was read.`);
    }
  }
}
