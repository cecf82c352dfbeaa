import pMap from 'p-map';
import type { Flow } from '../../src/migration/migration.ts';
import type { PositionRecord } from '../../src/state/records.ts';
import { askWhoAnswers } from '../engines/native/ask-offsets.ts';
import { electionWaitMs } from '../engines/native/limits.ts';
import { partitionName } from '../engines/native/losses.ts';
import type { Clock, FetchedPartition, LogReader, TopicDescription, TopicPartition } from '../engines/native/ports.ts';
import type { StoredPosition } from '../engines/native/positions.ts';
import { readHeader } from '../records/header.ts';
import { splitBatches } from '../records/split.ts';

/** One mirrored partition as it stands; null where a side does not tell, or nothing is mirrored yet. */
export interface PartitionStatus {
  readonly source: TopicPartition & {
    /** The first offset that is not mirrored. */
    readonly next: bigint | null;
    readonly start: bigint | null;
    /** Last stable offset: no open transaction below it. */
    readonly stable: bigint | null;
    readonly end: bigint | null;
  };
  /** By key the partition of the records without one; `next` is null, since others are written, too. */
  readonly target: TopicPartition & { readonly next: bigint | null };
  /** The position speaks of a topic that was deleted and made again. */
  readonly recreated: boolean;
}

/** Where each partition of a flow stands, in the order of topics and partitions. */
export async function readFlowStatus(
  flow: Flow,
  source: LogReader,
  positions: readonly StoredPosition[],
  clock: Clock,
): Promise<readonly PartitionStatus[]> {
  const partitions = flow.topics.flatMap((topic) =>
    Array.from({ length: topic.sourcePartitions }, (_, partition) => ({ topic, partition })),
  );
  const sources = partitions.map(({ topic, partition }) => ({ topic: topic.source, partition }));
  const live = await source.describeTopics(flow.topics.map((one) => one.source));
  const patience = { untilMs: clock.nowMs() + electionWaitMs };
  const [starts, stables, ends] = await Promise.all(
    (['earliest', 'last-stable', 'latest'] as const).map(
      async (at) => (await askWhoAnswers(source, sources, at, clock, patience)).offsets,
    ),
  );
  const records = positions.map((one) => one.record);
  const isOld = (record: PositionRecord) => wasRecreated(record, live.get(record.source.topic));
  // Of a topic that was made again the newer position holds, where there is one.
  const ordered = [...records.filter(isOld), ...records.filter((record) => !isOld(record))];
  const stored = new Map(ordered.map((record) => [`${partitionName(record.source)} ${record.target.topic}`, record]));
  return partitions.map(({ topic, partition }) => {
    const at = { topic: topic.source, partition };
    const name = partitionName(at);
    const record = stored.get(`${name} ${topic.target}`);
    return {
      source: {
        ...at,
        next: record?.nextSource ?? null,
        start: starts?.get(name) ?? null,
        stable: stables?.get(name) ?? null,
        end: ends?.get(name) ?? null,
      },
      target: targetOf(topic, partition, record),
      recreated: record !== undefined && isOld(record),
    };
  });
}

/** Lagging partitions whose oldest waiting record is looked at; of more, the age is not told. */
const agedPartitionsMax = 100;
const fetchesAtOnceMax = 8;

/**
 * When the oldest record that waits was written, by its batch's own timestamp, milliseconds since 1970; null where none
 * waits, where too many partitions lag, or where a leader does not answer. One batch a lagging partition is read.
 */
export async function oldestWaitingMs(
  source: LogReader,
  partitions: readonly PartitionStatus[],
): Promise<number | null> {
  const lagging = partitions.flatMap(({ source: at }) => {
    const from = at.next ?? at.start;
    return from !== null && at.stable !== null && from < at.stable
      ? [{ topic: at.topic, partition: at.partition, from }]
      : [];
  });
  if (lagging.length === 0 || lagging.length > agedPartitionsMax) return null;
  const topics = await source.describeTopics([...new Set(lagging.map((one) => one.topic))]);
  const times = await pMap(
    lagging,
    async ({ topic, partition, from }) => {
      const leader = topics.get(topic)?.leaders[partition] ?? -1;
      if (leader < 0) return null;
      const [answer] = await source.fetch(leader, {
        positions: [{ topic, partition, offset: from, maxBytes: 1 }],
        maxBytes: 1,
        minBytes: 1,
        maxWaitMs: 0,
        isolation: 'read_committed',
      });
      return answer === undefined ? null : firstTimestampMs(answer);
    },
    { concurrency: fetchesAtOnceMax },
  );
  const known = times.filter((one) => one !== null);
  return known.length === 0 ? null : Math.min(...known);
}

/** A batch comes whole whatever the limit (KIP-74). */
function firstTimestampMs({ error, records }: FetchedPartition): number | null {
  const batch = error === null ? splitBatches(records).batches[0] : undefined;
  if (batch === undefined) return null;
  const header = readHeader(batch);
  const timestamp =
    header.hasDeleteHorizon || header.timestampType === 'LogAppendTime' ? header.maxTimestamp : header.baseTimestamp;
  return timestamp < 0n ? null : Number(timestamp);
}

function targetOf(
  { target, byKey, partitions }: Flow['topics'][number],
  partition: number,
  record: PositionRecord | undefined,
): PartitionStatus['target'] {
  if (byKey !== undefined) return { topic: target, partition: partition % partitions, next: null };
  return { topic: target, partition, next: record?.nextTarget ?? null };
}

function wasRecreated({ source }: PositionRecord, live: TopicDescription | undefined): boolean {
  return source.topicId !== undefined && live?.topicId !== undefined && source.topicId !== live.topicId;
}
