import pMap from 'p-map';
import type { Flow } from '../../src/migration/migration.ts';
import type { LogRange } from '../../src/offset-map/translate.ts';
import type { PositionRecord } from '../../src/state/records.ts';
import type { LogReader, OffsetSpec, TopicDescription, TopicPartition } from '../engines/native/ports.ts';
import { type MirroredPartition, type MirroredPartitions, partitionKey } from './mirrored-partition.ts';
import { quietEnd } from './quiet-end.ts';

export interface MirroredPartitionsRequest {
  readonly flow: Pick<Flow, 'topics'>;
  readonly source: LogReader;
  readonly target: LogReader;
  /**
   * All positions of the flow, with all of their segments, read before this call: what is mirrored meanwhile is found at
   * the target's end.
   */
  readonly positions: readonly PositionRecord[];
}

/** Partitions whose end is looked at together. */
const partitionsAtOnceMax = 16;

/**
 * What translations need of each partition of a flow, by its source. Absent is a partition without a position, and one
 * whose topic was made again on either side: its positions speak of another log.
 */
export async function readMirroredPartitions(request: MirroredPartitionsRequest): Promise<MirroredPartitions> {
  const { source, target, flow } = request;
  const targetTopics = await target.describeTopics([...new Set(flow.topics.map((one) => one.target))]);
  const positions = await livePositions(request, targetTopics);
  const sources = positions.map((one) => one.source);
  const targets = positions.map((one) => one.target);
  const [sourceStarts, sourceEnds, targetStarts, targetEnds] = await Promise.all([
    offsetsOf(source, sources, 'earliest'),
    offsetsOf(source, sources, 'latest'),
    offsetsOf(target, targets, 'earliest'),
    offsetsOf(target, targets, 'last-stable'),
  ]);
  const found = await pMap(
    positions,
    async (position): Promise<MirroredPartition | undefined> => {
      const sourceRange = rangeOf(sourceStarts, sourceEnds, position.source);
      const targetRange = rangeOf(targetStarts, targetEnds, position.target);
      const leader = targetTopics.get(position.target.topic)?.leaders[position.target.partition];
      if (sourceRange === undefined || targetRange === undefined || leader === undefined) return undefined;
      const { segments, startSource, nextSource, nextTarget } = position;
      const end = await quietEnd(target, leader, position.target, { from: nextTarget, to: targetRange.end });
      return {
        source: { topic: position.source.topic, partition: position.source.partition },
        target: { topic: position.target.topic, partition: position.target.partition },
        input: {
          segments,
          startSource,
          nextSource,
          nextTarget,
          source: sourceRange,
          target: { start: targetRange.start, end },
        },
      };
    },
    { concurrency: partitionsAtOnceMax },
  );
  return new Map(found.flatMap((one) => (one === undefined ? [] : [[partitionKey(one.source), one]])));
}

/** Positions of the flow's topics as they live now: of the mapped target, and with today's topic ids on both sides. */
async function livePositions(
  { flow, source, positions }: MirroredPartitionsRequest,
  targetTopics: ReadonlyMap<string, TopicDescription>,
): Promise<PositionRecord[]> {
  const targetOf = new Map(flow.topics.map((one) => [one.source, one.target]));
  const sourceTopics = await source.describeTopics([...targetOf.keys()]);
  return positions.filter(
    (one) =>
      targetOf.get(one.source.topic) === one.target.topic &&
      isSame(one.source, sourceTopics.get(one.source.topic)) &&
      isSame(one.target, targetTopics.get(one.target.topic)),
  );
}

/** Before 2.8 topics have no id: the name is all there is. */
function isSame(kept: { readonly topicId?: string }, live: TopicDescription | undefined): boolean {
  if (live === undefined) return false;
  return kept.topicId === undefined || live.topicId === undefined || kept.topicId === live.topicId;
}

async function offsetsOf(
  log: LogReader,
  partitions: readonly TopicPartition[],
  at: OffsetSpec,
): Promise<ReadonlyMap<string, bigint>> {
  const answers = await log.offsets(partitions, at);
  return new Map(answers.flatMap((one) => (one.error === null ? [[partitionKey(one), one.offset]] : [])));
}

function rangeOf(
  starts: ReadonlyMap<string, bigint>,
  ends: ReadonlyMap<string, bigint>,
  partition: TopicPartition,
): LogRange | undefined {
  const start = starts.get(partitionKey(partition));
  const end = ends.get(partitionKey(partition));
  return start === undefined || end === undefined ? undefined : { start, end };
}
