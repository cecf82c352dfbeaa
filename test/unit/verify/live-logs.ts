import type { FetchedPartition, LogReader, TopicPartition } from '../../../runner/engines/native/ports.ts';
import { buildBatch, buildMarker, type NewRecord } from '../../../runner/records/build.ts';

export type Placed = NewRecord & { readonly offset: bigint };

/** A partition that is written and cleaned while it is read: what two replicas hold of it, one of which leads. */
export interface LiveLog {
  readonly replicas: Placed[][];
  leader: number;
  readonly markers: bigint[];
  end: bigint;
}

const perBatch = 2;

export function liveLog(): LiveLog {
  return { replicas: [[], []], leader: 0, markers: [], end: 0n };
}

export function leading(log: LiveLog): Placed[] {
  return log.replicas[log.leader] ?? [];
}

/** Records, and the marker of their transaction. */
export function append(log: LiveLog, records: readonly NewRecord[]): void {
  for (const one of records) {
    for (const replica of log.replicas) replica.push({ ...one, offset: log.end });
    log.end += 1n;
  }
  log.markers.push(log.end);
  log.end += 1n;
}

/**
 * One round of a replica's cleaner over all below `end` (`LogCleaner.scala`): of each key the last record stays; a tombstone goes too
 * where `isOver` says so. Gives what is left.
 */
export function cleaned(records: readonly Placed[], end: bigint, isOver: (tombstone: Placed) => boolean): Placed[] {
  const lasts = new Map<string, bigint>();
  for (const { key, offset } of records) if (offset < end) lasts.set(`${key}`, offset);
  return records.filter((one) => {
    if (one.offset >= end) return true;
    return lasts.get(`${one.key}`) === one.offset && !(one.value === null && isOver(one));
  });
}

/** A reader of such a topic; `onFetch` may change the logs before each answer. */
export function liveReader(topic: string, logs: readonly LiveLog[], onFetch: () => void = () => {}): LogReader {
  const logOf = ({ partition }: TopicPartition) => logs[partition] ?? liveLog();
  return {
    cluster: 'memory',
    describeTopics: async () => new Map([[topic, { topic, leaders: logs.map(() => 1) }]]),
    offsets: async (partitions, at) =>
      partitions.map((one) => ({ ...one, error: null, offset: at === 'earliest' ? 0n : logOf(one).end })),
    fetch: async (_broker, { positions }) => {
      onFetch();
      return positions.map((one) => answer({ topic, partition: one.partition }, logOf(one), one.offset));
    },
  };
}

function answer(at: TopicPartition, log: LiveLog, from: bigint): FetchedPartition {
  const records = leading(log)
    .filter((one) => one.offset >= from)
    .slice(0, perBatch);
  const [first] = records;
  const marker = log.markers.find((one) => one >= from);
  const isMarkerFirst = marker !== undefined && (first === undefined || marker < first.offset);
  const before = records.filter((one) => marker === undefined || one.offset < marker);
  const bytes = isMarkerFirst
    ? buildMarker('COMMIT', { producerId: 1n, producerEpoch: 0, baseOffset: marker, timestamp: 0n })
    : buildBatch({ records: before, baseOffset: first?.offset ?? from });
  return {
    ...at,
    error: null,
    logStartOffset: 0n,
    highWatermark: log.end,
    lastStableOffset: log.end,
    abortedTransactions: [],
    records: from >= log.end || (marker === undefined && first === undefined) ? Buffer.alloc(0) : bytes,
    release: () => {},
  };
}
