import pMap from 'p-map';
import type { Flow } from '../../src/migration/migration.ts';
import { atLeast } from '../../src/offset-map/bounds.ts';
import type { LogRange } from '../../src/offset-map/translate.ts';
import { askOffsets } from '../engines/native/ask-offsets.ts';
import { partitionName } from '../engines/native/losses.ts';
import type { Clock, LogReader, TopicDescription, TopicPartition } from '../engines/native/ports.ts';
import type { StoredPosition } from '../engines/native/positions.ts';
import { type MirroredPartition, type MirroredPartitions, partitionKey } from './mirrored-partition.ts';
import { quietEnd } from './quiet-end.ts';

export interface MirroredPartitionsRequest {
  readonly flow: Pick<Flow, 'topics'>;
  readonly source: LogReader;
  readonly target: LogReader;
  /** The flow's, read before this call: what is mirrored meanwhile is found at the target's end. */
  readonly positions: readonly StoredPosition[];
  readonly clock: Clock;
}

/** Partitions whose end is looked at together: each holds one fetch. */
const partitionsAtOnceMax = 8;

/**
 * What translations need of each partition of a flow, by its source. Absent is a partition without a position, and one
 * whose topic was made again on either side: its positions speak of another log.
 */
export async function readMirroredPartitions(request: MirroredPartitionsRequest): Promise<MirroredPartitions> {
  const { source, target, clock } = request;
  const positions = (await livePositions(request)).filter(({ record }) => record.byKey === undefined);
  const sources = positions.map(({ record }) => record.source);
  const targets = positions.map(({ record }) => record.target);
  const rangesOfSource = await ranges(source, sources, 'latest', clock);
  const rangesOfTarget = await ranges(target, targets, 'last-stable', clock);
  const found = await pMap(
    positions,
    async ({ record, segments, spans }): Promise<MirroredPartition | undefined> => {
      const sourceRange = rangesOfSource.get(partitionName(record.source));
      const targetRange = rangesOfTarget.get(partitionName(record.target));
      if (sourceRange === undefined || targetRange === undefined) return undefined;
      const { startSource, nextSource, nextTarget } = record;
      const from = atLeast(nextTarget, targetRange.start);
      const end =
        from < targetRange.end
          ? await quietEnd(target, record.target, { from, to: targetRange.end }, clock)
          : targetRange.end;
      return {
        source: { topic: record.source.topic, partition: record.source.partition },
        target: { topic: record.target.topic, partition: record.target.partition },
        input: {
          segments: segments(),
          spans: spans(),
          ...(record.trimmed === true ? { trimmed: true } : {}),
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

/**
 * Positions of the flow's topics as they live now, but for those whose records go by key: of the mapped target, and with
 * today's topic ids on both sides.
 */
export async function livePositions(request: Omit<MirroredPartitionsRequest, 'clock'>): Promise<StoredPosition[]> {
  const { flow, source, target, positions } = request;
  const targetOf = new Map(flow.topics.map((one) => [one.source, one.target]));
  const sourceTopics = await source.describeTopics([...targetOf.keys()]);
  const targetTopics = await target.describeTopics([...new Set(targetOf.values())]);
  return positions.filter(
    ({ record }) =>
      targetOf.get(record.source.topic) === record.target.topic &&
      isSame(record.source, sourceTopics.get(record.source.topic)) &&
      isSame(record.target, targetTopics.get(record.target.topic)),
  );
}

/** Before 2.8 topics have no id: the name is all there is. */
function isSame(kept: { readonly topicId?: string }, live: TopicDescription | undefined): boolean {
  if (live === undefined) return false;
  return kept.topicId === undefined || live.topicId === undefined || kept.topicId === live.topicId;
}

async function ranges(
  log: LogReader,
  partitions: readonly TopicPartition[],
  endAt: 'latest' | 'last-stable',
  clock: Clock,
): Promise<ReadonlyMap<string, LogRange>> {
  const starts = await askOffsets(log, partitions, 'earliest', clock);
  const ends = await askOffsets(log, partitions, endAt, clock);
  return new Map([...starts].map(([name, start]) => [name, { start, end: ends.get(name) ?? start }]));
}
