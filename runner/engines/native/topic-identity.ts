import { isDescribed } from './describe.ts';
import { partitionFault } from './faults.ts';
import type { FlowContext } from './flow-context.ts';
import { partitionBackoff, topicAbsentMsMax } from './limits.ts';
import { type Loss, type LossPlace, partitionName, recreated } from './losses.ts';
import type { PartitionPlace } from './partition.ts';
import type { LogReader, PartitionError, TopicDescription } from './ports.ts';

type IdentifiedPlace = LossPlace & { readonly source: PartitionPlace };

/** Whether the description is of the topic that the place is in, and has the partition. */
export function isTopic(place: PartitionPlace, described: TopicDescription | undefined): boolean {
  const isOther =
    place.topicId !== undefined && described?.topicId !== undefined && described.topicId !== place.topicId;
  return isDescribed(described, place.partition) && !isOther;
}

/** Whether another topic stands under the name now; null also where one of the clusters gives no ids. */
export function recreation(place: IdentifiedPlace, topic: TopicDescription | undefined): Loss | null {
  const { topicId } = place.source;
  if (topicId === undefined || topic?.topicId === undefined || topic.topicId === topicId) return null;
  return recreated(place, topicId, topic.topicId);
}

/**
 * Offsets are asked for by name: those that do not fit may be of a topic that was made again a moment ago, and then that is
 * the loss. Until the leader has answered to the topic's id, and while metadata still shows the old topic, it is asked again,
 * until `topicAbsentMsMax`; then throws a ClusterFault.
 */
export async function nameLoss({ options }: FlowContext, place: IdentifiedPlace, found: Loss): Promise<Loss> {
  const { source, clock } = options;
  const deadlineMs = clock.nowMs() + topicAbsentMsMax;
  for (let backoffMs: number = partitionBackoff.minMs; ; backoffMs = Math.min(backoffMs * 2, partitionBackoff.maxMs)) {
    const topic = (await source.describeTopics([place.source.topic])).get(place.source.topic);
    const again = recreation(place, topic);
    if (again !== null) return again;
    const error = await errorOfId(source, place.source, topic);
    if (error === null || isKnown.has(error)) return found;
    if (clock.nowMs() >= deadlineMs) throw partitionFault(source.cluster, 'Fetch', error, partitionName(place.source));
    await clock.sleep(backoffMs);
  }
}

/** A leader looks at the offset when it has found the topic by its id. */
const isKnown: ReadonlySet<string> = new Set(['OFFSET_OUT_OF_RANGE']);

/** Brokers look at the id before the offset, which is none: so no record comes. */
const noOffset = -1n;

/** What the leader answers to the topic's id; null also where there is none. */
async function errorOfId(
  source: LogReader,
  place: PartitionPlace,
  described: TopicDescription | undefined,
): Promise<PartitionError> {
  const leader = described?.leaders[place.partition] ?? -1;
  if (place.topicId === undefined) return null;
  if (leader < 0) return 'LEADER_NOT_AVAILABLE';
  return (await errorsOfIds(source, leader, [place])).get(partitionName(place)) ?? null;
}

/** What a broker answers that is asked for these by their topics' ids, by `partitionName`: OFFSET_OUT_OF_RANGE where all is well. */
export async function errorsOfIds(
  source: LogReader,
  broker: number,
  places: readonly PartitionPlace[],
): Promise<ReadonlyMap<string, PartitionError>> {
  const answers = await source.fetch(broker, {
    positions: places.map(({ topic, topicId, partition }) => ({
      topic,
      topicId,
      partition,
      offset: noOffset,
      maxBytes: 1,
    })),
    maxBytes: 1,
    minBytes: 0,
    maxWaitMs: 0,
    isolation: 'read_committed',
  });
  for (const one of answers) one.release();
  const errors = new Map(answers.map((one) => [partitionName(one), one.error]));
  return new Map(
    places
      .map(partitionName)
      .map((name) => [name, errors.has(name) ? (errors.get(name) ?? null) : 'LEADER_NOT_AVAILABLE']),
  );
}
