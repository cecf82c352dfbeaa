import pMap from 'p-map';
import type { Flow } from '../../src/migration/migration.ts';
import { atLeast } from '../../src/offset-map/bounds.ts';
import type { PositionRecord } from '../../src/state/records.ts';
import type { Patience } from '../engines/native/ask-offsets.ts';
import type { Clock, LogReader, TopicDescription } from '../engines/native/ports.ts';
import type { StoredPosition } from '../engines/native/positions.ts';
import { askRanges, rangeOf } from './ask-ranges.ts';
import {
  type MirroredPartition,
  type MirroredPartitions,
  partitionKey,
  type SilentPartition,
} from './mirrored-partition.ts';
import { quietEnd } from './quiet-end.ts';
import { faultOf } from './refusal.ts';

export interface MirroredPartitionsRequest extends Pick<Patience, 'untilMs'> {
  readonly flow: Pick<Flow, 'topics'>;
  readonly source: LogReader;
  readonly target: LogReader;
  /** The flow's, read before this call: what is mirrored meanwhile is found at the target's end. */
  readonly positions: readonly StoredPosition[];
  readonly clock: Clock;
}

/** Partitions whose end is looked at together: each holds one fetch. */
const partitionsAtOnceMax = 8;

/** All partitions of a flow of which there is a position. */
export interface AskedPartitions {
  readonly partitions: MirroredPartitions;
  /** Those of which nothing more can be said for now, by `partitionKey` of the source. */
  readonly silent: ReadonlyMap<string, SilentPartition>;
}

/** As `askMirroredPartitions`; throws the fault of one that does not answer. */
export async function readMirroredPartitions(request: MirroredPartitionsRequest): Promise<MirroredPartitions> {
  const { partitions, silent } = await askMirroredPartitions(request);
  for (const { fault } of silent.values()) throw fault;
  return partitions;
}

/**
 * What translations need of each partition of a flow. Absent is a partition without a position, and one whose topic was made
 * again on either side: its positions speak of another log.
 */
export async function askMirroredPartitions(request: MirroredPartitionsRequest): Promise<AskedPartitions> {
  const { source, target, clock } = request;
  const positions = (await livePositions(request)).filter(({ record }) => record.byKey === undefined);
  const sources = positions.map(({ record }) => record.source);
  const targets = positions.map(({ record }) => record.target);
  const ofSource = await askRanges(source, sources, 'latest', request);
  const ofTarget = await askRanges(target, targets, 'last-stable', request);
  const read = async ({ record, segments, spans }: StoredPosition): Promise<MirroredPartition> => {
    const { startSource, nextSource, nextTarget } = record;
    const sourceRange = rangeOf(ofSource, record.source);
    const targetRange = rangeOf(ofTarget, record.target);
    const from = atLeast(nextTarget, targetRange.start);
    const end =
      from < targetRange.end
        ? await quietEnd(target, record.target, { from, to: targetRange.end }, clock)
        : targetRange.end;
    return {
      ...placeOf(record),
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
      ...(record.sourceEpoch === undefined ? {} : { sourceEpoch: record.sourceEpoch }),
    };
  };
  const readOrSay = (one: StoredPosition): Promise<MirroredPartition | SilentPartition> =>
    read(one).catch((error: unknown) => ({ ...placeOf(one.record), fault: faultOf(error) }));
  const found = await pMap(positions, readOrSay, { concurrency: partitionsAtOnceMax });
  return {
    partitions: new Map(found.flatMap((one) => ('fault' in one ? [] : [[partitionKey(one.source), one]]))),
    silent: new Map(found.flatMap((one) => ('fault' in one ? [[partitionKey(one.source), one]] : []))),
  };
}

function placeOf({ source, target }: StoredPosition['record']): Pick<MirroredPartition, 'source' | 'target'> {
  return {
    source: { topic: source.topic, partition: source.partition },
    target: { topic: target.topic, partition: target.partition },
  };
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
  const isOther = ({ source: { topic, topicId } }: PositionRecord) => {
    const live = sourceTopics.get(topic)?.topicId;
    return topicId !== undefined && live !== undefined && topicId !== live;
  };
  const madeAgain = new Set(positions.filter(({ record }) => isOther(record)).map(({ record }) => record.source.topic));
  return positions.filter(
    ({ record }) =>
      targetOf.get(record.source.topic) === record.target.topic &&
      isSame(record.source, sourceTopics.get(record.source.topic)) &&
      isSame(record.target, targetTopics.get(record.target.topic)) &&
      // Under its name stands what was mirrored before there were ids: of the topic before, where that was made again since.
      !(record.source.topicId === undefined && madeAgain.has(record.source.topic)),
  );
}

/** Before 2.8 topics have no id: the name is all there is. */
function isSame(kept: { readonly topicId?: string }, live: TopicDescription | undefined): boolean {
  if (live === undefined) return false;
  return kept.topicId === undefined || live.topicId === undefined || kept.topicId === live.topicId;
}
