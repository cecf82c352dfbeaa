import { partitionFault } from '../engines/native/faults.ts';
import { partitionName } from '../engines/native/losses.ts';
import type { Clock, FetchedPartition, LogReader, TopicPartition } from '../engines/native/ports.ts';
import { committedFilter } from '../records/aborted.ts';
import { CorruptBatchError } from '../records/corrupt-batch.ts';
import { baseOffsetOf, lastOffsetOf, recordCountOf } from '../records/header.ts';
import { splitBatches } from '../records/split.ts';
import { isStretch, recordsOfStretch } from '../records/stretch.ts';
import { endSettleMs, fetchBytes, storedBytesMin, stretchBytesMax, troubleBackoff, troubleMsMax } from './limits.ts';
import type { MemoryShare } from './memory.ts';

/**
 * The committed data batches of one partition in order, as stored, small plain ones in stretches; while those of one fetch
 * are looked at, the next one comes.
 */
export interface BatchStream {
  readonly partition: TopicPartition;
  /** The next batch or stretch of what was fetched; undefined where that is used up. It may begin before `floor`, or end behind `to`. */
  next(): Buffer | undefined;
  /** Fetches on, and lets go of what `next` gave before; false where the range or the log ends. */
  fill(): Promise<boolean>;
  /** Goes on at this offset. */
  seek(offset: bigint): Promise<void>;
  /** Records below it do not belong to the range, or were given already. */
  readonly floor: bigint;
  /** Exclusive. */
  readonly to: bigint;
  /** The log start as the last answer told it, -1 before there was one: retention goes on meanwhile. */
  readonly logStart: bigint;
  /** Waits for what is on its way, and lets go of everything. Never throws. */
  close(): Promise<void>;
}

export interface StreamWorld {
  readonly log: LogReader;
  readonly clock: Clock;
  readonly memory: MemoryShare;
  readonly signal?: AbortSignal | undefined;
}

export interface StreamRange extends TopicPartition {
  readonly from: bigint;
  /** Exclusive. */
  readonly to: bigint;
}

/** One fetch: its data batches, in memory that `letGo` gives back. */
interface Piece {
  readonly batches: readonly Buffer[];
  /** Where it began, and the first offset behind it. */
  readonly from: bigint;
  readonly next: bigint;
  readonly letGo: () => void;
}

const nothing: Piece = { batches: [], from: 0n, next: 0n, letGo: () => {} };

/** Throws a ClusterFault where the partition cannot be read, CorruptBatchError where its bytes cannot. */
export function openBatchStream({ log, clock, memory, signal }: StreamWorld, range: StreamRange): BatchStream {
  const partition: TopicPartition = { topic: range.topic, partition: range.partition };
  let piece = nothing;
  let at = 0;
  let next = range.from;
  let logStart = -1n;
  let leader: number | undefined;
  let ahead: Promise<Piece | 'end'> | undefined;
  /** The largest answer so far: the next one may be as large. */
  let expectedBytes = fetchBytes;

  async function fill(): Promise<boolean> {
    letGo();
    while (next < range.to) {
      signal?.throwIfAborted();
      const coming = ahead ?? memory.take(expectedBytes).then(() => fetchPiece(next, expectedBytes));
      ahead = undefined;
      const came = await coming;
      if (came === 'end') return false;
      piece = came;
      at = 0;
      next = came.next;
      fetchAhead();
      if (piece.batches.length > 0) return true;
      letGo();
    }
    return false;
  }

  function letGo(): void {
    piece.letGo();
    piece = { ...nothing, from: piece.from };
    at = 0;
  }

  function fetchAhead(): void {
    if (next >= range.to || !memory.tryTake(expectedBytes)) return;
    ahead = fetchPiece(next, expectedBytes);
    ahead.catch(() => {});
  }

  /** What stands from `offset` on, or `end` where the log has nothing. `taken` bytes of memory are ours already. */
  async function fetchPiece(offset: bigint, taken: number): Promise<Piece | 'end'> {
    let held = taken;
    try {
      const came = await fetchOn(offset, (bytes) => {
        memory.takeArrived(bytes - held);
        held = bytes;
        expectedBytes = Math.max(expectedBytes, bytes);
      });
      if (came === 'end') return came;
      held = 0;
      return came;
    } finally {
      memory.release(held);
    }
  }

  /** Asks until an answer holds a whole batch; `onArrival` is told of the bytes of each. */
  async function fetchOn(offset: bigint, onArrival: (bytes: number) => void): Promise<Piece | 'end'> {
    let from = offset;
    const settledAtMs = clock.nowMs() + endSettleMs;
    let deadlineMs = clock.nowMs() + troubleMsMax;
    for (let backoffMs: number = troubleBackoff.minMs; ; backoffMs = Math.min(backoffMs * 2, troubleBackoff.maxMs)) {
      leader ??= (await log.describeTopics([partition.topic])).get(partition.topic)?.leaders[partition.partition];
      const answers = leader === undefined || leader < 0 ? undefined : await fetchFrom(leader, from);
      const fetched = answers?.[0];
      if (fetched !== undefined && fetched.logStartOffset > logStart) logStart = fetched.logStartOffset;
      if (fetched?.error === null) {
        onArrival(fetched.records.length);
        const came = pieceOf(fetched, from);
        if (came.next > from) return came;
        fetched.release();
        if (fetched.lastStableOffset <= from && clock.nowMs() >= settledAtMs) return 'end';
      }
      if (fetched?.error === 'OFFSET_OUT_OF_RANGE') {
        logStart = await logStartNow();
        if (logStart <= from || logStart >= range.to) return 'end';
        from = logStart;
      }
      // A broker that throttles the client answers without partitions (KIP-219): it is well.
      if (answers?.length === 0) deadlineMs = clock.nowMs() + troubleMsMax;
      else leader = undefined;
      if (clock.nowMs() >= deadlineMs) {
        throw partitionFault(log.cluster, 'Fetch', fetched?.error ?? 'LEADER_NOT_AVAILABLE', partitionName(partition));
      }
      await clock.sleep(backoffMs, signal);
      signal?.throwIfAborted();
    }
  }

  function pieceOf(fetched: FetchedPartition, from: bigint): Piece {
    const fateOf = committedFilter(fetched.abortedTransactions);
    const batches: Buffer[] = [];
    let reached = from;
    for (const batch of split(fetched)) {
      const fate = isStretch(batch) ? 'data' : fateOf(batch);
      const last = isStretch(batch) ? baseOffsetOf(batch) + BigInt(recordsOfStretch(batch)) - 1n : lastOffsetOf(batch);
      if (last < from) continue;
      if (reached < range.to && fate === 'data' && recordCountOf(batch) !== 0) batches.push(batch);
      reached = last + 1n;
    }
    const bytes = fetched.records.length;
    const letGo = () => {
      fetched.release();
      memory.release(bytes);
    };
    return { batches, from, next: reached, letGo };
  }

  function split({ records, abortedTransactions }: FetchedPartition): readonly Buffer[] {
    const transactional = abortedTransactions.length === 0;
    const stretches = { batchBytesBelow: storedBytesMin, bytesMax: stretchBytesMax, transactional };
    try {
      return splitBatches(records, stretches).batches;
    } catch (error) {
      throw error instanceof CorruptBatchError ? locatedError({ log }, partition, error) : error;
    }
  }

  async function logStartNow(): Promise<bigint> {
    const [answer] = await log.offsets([partition], 'earliest');
    return answer?.error === null ? answer.offset : -1n;
  }

  /** Nothing is waited for: below the end of the range there is something, or the log has an end. */
  function fetchFrom(broker: number, offset: bigint): Promise<readonly FetchedPartition[]> {
    return log.fetch(broker, {
      positions: [{ ...partition, offset, maxBytes: fetchBytes }],
      maxBytes: fetchBytes,
      minBytes: 1,
      maxWaitMs: 0,
      isolation: 'read_committed',
    });
  }

  async function dropAhead(): Promise<void> {
    const dropped = await ahead?.catch(() => undefined);
    ahead = undefined;
    if (dropped !== undefined && dropped !== 'end') dropped.letGo();
  }

  return {
    partition,
    next() {
      const batch = piece.batches[at];
      at += 1;
      return batch;
    },
    fill,
    async seek(offset) {
      await dropAhead();
      letGo();
      next = offset;
      piece = { ...nothing, from: offset };
    },
    get floor() {
      return piece.from;
    },
    to: range.to,
    get logStart() {
      return logStart;
    },
    async close() {
      await dropAhead();
      letGo();
    },
  };
}

/** The error with the partition's name. */
export function locatedError(
  { log }: Pick<StreamWorld, 'log'>,
  partition: TopicPartition,
  { baseOffset, reason }: CorruptBatchError,
): CorruptBatchError {
  return new CorruptBatchError(baseOffset, `${reason} (${partitionName(partition)} on ${log.cluster})`);
}
