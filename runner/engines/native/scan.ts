import { type BatchFate, committedFilter } from '../../records/aborted.ts';
import { lastOffsetOf } from '../../records/header.ts';
import { splitBatches } from '../../records/split.ts';
import { partitionFault } from './faults.ts';
import { fetchMaxWaitMs, fetchMinBytes, partitionBackoff, scanFetchBytes, settleMsMax } from './limits.ts';
import { partitionName } from './losses.ts';
import type { Clock, FetchedPartition, LogReader, TopicPartition } from './ports.ts';

export interface ScanRange extends TopicPartition {
  readonly from: bigint;
  /** Exclusive; at or below the last stable offset. */
  readonly to: bigint;
}

/** Called for each batch that spans an offset of the range; `stop` ends the scan. */
export type ScanVisitor = (batch: Buffer, fate: BatchFate) => 'next' | 'stop';

/**
 * Reads one partition's batches, those of aborted transactions and markers too, with their fate. Memory holds one fetch.
 * Ends at `to`, or where the log has nothing more below it. Errors of the partition are retried until `settleMsMax`.
 */
export async function scanBatches(log: LogReader, range: ScanRange, clock: Clock, visit: ScanVisitor): Promise<void> {
  let next = range.from;
  while (next < range.to) {
    const fetched = await fetchOnce(log, range, next, clock);
    const split = splitBatches(fetched.records);
    const fateOf = committedFilter(fetched.abortedTransactions);
    let reached = next;
    for (const batch of split.batches) {
      const last = lastOffsetOf(batch);
      const fate = fateOf(batch);
      if (last < next) continue;
      if (reached >= range.to) return;
      reached = last + 1n;
      if (visit(batch, fate) === 'stop') return;
    }
    if (reached === next) return;
    next = reached;
  }
}

/** A new leader may not know yet that the log is stable up to the range's end: then nothing is no answer (KIP-207). */
async function fetchOnce(log: LogReader, at: ScanRange, offset: bigint, clock: Clock): Promise<FetchedPartition> {
  const deadlineMs = clock.nowMs() + settleMsMax;
  for (let backoffMs: number = partitionBackoff.minMs; ; backoffMs *= 2) {
    const topic = (await log.describeTopics([at.topic])).get(at.topic);
    const leader = topic?.leaders[at.partition] ?? -1;
    const fetched = leader < 0 ? undefined : await fetchFrom(log, leader, at, offset);
    const behind = fetched?.error === null && fetched.records.length === 0 && fetched.lastStableOffset < at.to;
    if (fetched?.error === null && !behind) return fetched;
    const error = behind ? 'OFFSET_NOT_AVAILABLE' : (fetched?.error ?? 'LEADER_NOT_AVAILABLE');
    if (clock.nowMs() >= deadlineMs) throw partitionFault(log.cluster, 'Fetch', error, partitionName(at));
    await clock.sleep(Math.min(backoffMs, partitionBackoff.maxMs));
  }
}

async function fetchFrom(log: LogReader, leader: number, at: TopicPartition, offset: bigint) {
  const { topic, partition } = at;
  const [fetched] = await log.fetch(leader, {
    positions: [{ topic, partition, offset, maxBytes: scanFetchBytes }],
    maxBytes: scanFetchBytes,
    minBytes: fetchMinBytes,
    maxWaitMs: fetchMaxWaitMs,
    isolation: 'read_committed',
  });
  return fetched;
}
