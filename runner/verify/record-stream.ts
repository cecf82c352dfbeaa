import { partitionFault } from '../engines/native/faults.ts';
import { partitionName } from '../engines/native/losses.ts';
import type { Clock, FetchedPartition, LogReader, TopicPartition } from '../engines/native/ports.ts';
import { committedFilter } from '../records/aborted.ts';
import { CorruptBatchError } from '../records/corrupt-batch.ts';
import { lastOffsetOf } from '../records/header.ts';
import { openBatch } from '../records/open.ts';
import { nextRecord, offsetOf, openCursor, type RecordCursor } from '../records/record-cursor.ts';
import { type SplitRecords, splitBatches } from '../records/split.ts';

/** One fetch; a stream holds one, and one batch of it decompressed. */
const fetchBytes = 4_194_304;
const fetchMaxWaitMs = 500;
/** How long a partition may answer with errors, or with nothing below its last stable offset. */
const troubleMsMax = 30_000;
const backoff = { minMs: 50, maxMs: 1_000 } as const;

/**
 * The committed data records of one partition in order, one at hand at a time and no object a record:
 * `while (stream.step() || (await stream.fill()))` looks at each.
 */
export interface RecordStream {
  /** Moves to the next record of what was fetched; false where that is used up. */
  step(): boolean;
  /** Fetches on and moves to the next record; false where the range or the log ends. */
  fill(): Promise<boolean>;
  /** The record at hand; only after `step` or `fill` said true. */
  readonly cursor: RecordCursor;
  readonly offset: bigint;
  /** The log start as the last answer told it: retention goes on meanwhile. */
  readonly logStart: bigint;
}

interface Answer {
  readonly fetched: FetchedPartition;
  readonly split: SplitRecords;
}

export interface StreamRange extends TopicPartition {
  readonly from: bigint;
  /** Exclusive. */
  readonly to: bigint;
}

/** Throws a ClusterFault where the partition cannot be read, CorruptBatchError where its bytes cannot. */
export function openRecordStream(log: LogReader, range: StreamRange, clock: Clock, signal?: AbortSignal): RecordStream {
  const partition: TopicPartition = { topic: range.topic, partition: range.partition };
  let batches: readonly Buffer[] = [];
  let at = 0;
  let next = range.from;
  let floor = range.from;
  let logStart = range.from;
  let cursor: RecordCursor | undefined;
  let offset = -1n;
  let leader: number | undefined;

  function step(): boolean {
    try {
      return stepOn();
    } catch (error) {
      throw error instanceof CorruptBatchError ? located(error) : error;
    }
  }

  function stepOn(): boolean {
    for (;;) {
      while (cursor !== undefined && nextRecord(cursor)) {
        offset = offsetOf(cursor);
        if (offset >= range.to) return false;
        if (offset >= floor) return true;
      }
      const batch = batches[at];
      if (batch === undefined) return false;
      at += 1;
      cursor = openCursor(openBatch(batch));
    }
  }

  function located(error: CorruptBatchError): CorruptBatchError {
    return new CorruptBatchError(error.baseOffset, `${error.reason} (${partitionName(partition)} on ${log.cluster})`);
  }

  async function fill(): Promise<boolean> {
    while (next < range.to) {
      signal?.throwIfAborted();
      const fetched = await fetchNext();
      if (fetched === 'end') return false;
      take(fetched);
      if (step()) return true;
    }
    return false;
  }

  function take({ split, fetched }: Answer): void {
    const fateOf = committedFilter(fetched.abortedTransactions);
    const data: Buffer[] = [];
    let reached = next;
    for (const batch of split.batches) {
      const fate = fateOf(batch);
      const last = lastOffsetOf(batch);
      if (last < next) continue;
      if (fate === 'data') data.push(batch);
      reached = last + 1n;
    }
    floor = next;
    batches = data;
    at = 0;
    cursor = undefined;
    next = reached;
  }

  /** An answer with batches from `next` on, or `end` where the log has none. */
  async function fetchNext(): Promise<Answer | 'end'> {
    const deadlineMs = clock.nowMs() + troubleMsMax;
    for (let backoffMs: number = backoff.minMs; ; backoffMs = Math.min(backoffMs * 2, backoff.maxMs)) {
      leader ??= (await log.describeTopics([partition.topic])).get(partition.topic)?.leaders[partition.partition];
      const fetched = leader === undefined || leader < 0 ? undefined : await fetchFrom(leader);
      if (fetched !== undefined && fetched.logStartOffset > logStart) logStart = fetched.logStartOffset;
      if (fetched?.error === null) {
        const split = splitBatches(fetched.records);
        if (split.batches.length > 0) return { split, fetched };
        if (fetched.lastStableOffset <= next) return 'end';
      }
      if (fetched?.error === 'OFFSET_OUT_OF_RANGE') {
        logStart = await logStartNow();
        if (logStart <= next || logStart >= range.to) return 'end';
        next = logStart;
      }
      if (clock.nowMs() >= deadlineMs) {
        throw partitionFault(log.cluster, 'Fetch', fetched?.error ?? 'LEADER_NOT_AVAILABLE', partitionName(partition));
      }
      leader = undefined;
      await clock.sleep(backoffMs, signal);
      signal?.throwIfAborted();
    }
  }

  async function logStartNow(): Promise<bigint> {
    const [answer] = await log.offsets([partition], 'earliest');
    return answer?.error === null ? answer.offset : -1n;
  }

  async function fetchFrom(broker: number): Promise<FetchedPartition | undefined> {
    const [fetched] = await log.fetch(broker, {
      positions: [{ ...partition, offset: next, maxBytes: fetchBytes }],
      maxBytes: fetchBytes,
      minBytes: 1,
      maxWaitMs: fetchMaxWaitMs,
      isolation: 'read_committed',
    });
    return fetched;
  }

  return {
    step,
    fill,
    get cursor() {
      if (cursor === undefined) throw new Error('No record is at hand.');
      return cursor;
    },
    get offset() {
      return offset;
    },
    get logStart() {
      return logStart;
    },
  };
}
