import { type BatchFate, committedFilter } from '../../records/aborted.ts';
import { type DecodedRecord, decodeRecords } from '../../records/decode.ts';
import { lastOffsetOf } from '../../records/header.ts';
import { splitBatches } from '../../records/split.ts';
import { askOffsets } from './ask-offsets.ts';
import { partitionFault } from './faults.ts';
import {
  fetchMaxWaitMs,
  fetchMinBytes,
  partitionBackoff,
  scanFetchBytes,
  settleMsMax,
  wholeScansMax,
} from './limits.ts';
import { partitionName } from './losses.ts';
import type { Clock, FetchedPartition, FetchRequest, LogReader, TopicPartition } from './ports.ts';

export interface ScanRange extends TopicPartition {
  readonly from: bigint;
  /** Exclusive; at or below the last stable offset. */
  readonly to: bigint;
}

/** Called for each batch that spans an offset of the range; `stop` ends the scan. */
export type ScanVisitor = (batch: Buffer, fate: BatchFate) => 'next' | 'stop';

/** `shortened`: the log lost what stood at its start meanwhile, and was read on from where it begins then. */
export type Scanned = 'whole' | 'shortened';

/**
 * Reads one partition's batches, those of aborted transactions and markers too, with their fate. Memory holds one fetch.
 * Ends at `to`, or where the log has nothing more below it. Errors of the partition are retried until `settleMsMax`, but for
 * an offset that retention has passed.
 */
export async function scanBatches(
  log: LogReader,
  range: ScanRange,
  clock: Clock,
  visit: ScanVisitor,
): Promise<Scanned> {
  let next = range.from;
  let scanned: Scanned = 'whole';
  while (next < range.to) {
    const fetched = await fetchOnce(log, range, next, clock);
    if (typeof fetched === 'bigint') {
      next = fetched;
      scanned = 'shortened';
      continue;
    }
    const split = splitBatches(fetched.records);
    const fateOf = committedFilter(fetched.abortedTransactions);
    let reached = next;
    for (const batch of split.batches) {
      const last = lastOffsetOf(batch);
      const fate = fateOf(batch);
      if (last < next) continue;
      if (reached >= range.to) return scanned;
      reached = last + 1n;
      if (visit(batch, fate) === 'stop') return scanned;
    }
    if (reached === next) return scanned;
    next = reached;
  }
  return scanned;
}

/**
 * The committed records of a partition, from its log start to where it is stable now. `begin` is called for each pass: where
 * the log start moves on meanwhile all is read anew, for what was read may be superseded by what is gone. Throws a
 * ClusterFault, also where it moves on `wholeScansMax` times.
 */
export async function scanWhole(
  log: LogReader,
  at: TopicPartition,
  clock: Clock,
  begin: () => (record: DecodedRecord) => void,
): Promise<void> {
  for (let scans = 0; scans < wholeScansMax; scans += 1) {
    const from = (await askOffsets(log, [at], 'earliest', clock)).get(partitionName(at)) ?? 0n;
    const to = (await askOffsets(log, [at], 'last-stable', clock)).get(partitionName(at)) ?? 0n;
    const take = begin();
    const scanned = await scanBatches(log, { ...at, from, to }, clock, (batch, fate) => {
      if (fate === 'data') for (const record of decodeRecords(batch)) take(record);
      return 'next';
    });
    if (scanned === 'whole') return;
  }
  throw partitionFault(log.cluster, 'Fetch', outOfRange, partitionName(at));
}

const outOfRange = 'OFFSET_OUT_OF_RANGE';

/** The batch that spans the offset, or is the next one behind it, also where its transaction is open; null where the log ends. */
export async function batchAt(
  log: LogReader,
  at: TopicPartition,
  offset: bigint,
  clock: Clock,
): Promise<Buffer | null> {
  const range = { topic: at.topic, partition: at.partition, from: offset, to: offset };
  const fetched = await fetchOnce(log, range, offset, clock, 'read_uncommitted');
  if (typeof fetched === 'bigint') return batchAt(log, at, fetched, clock);
  return splitBatches(fetched.records).batches.find((one) => lastOffsetOf(one) >= offset) ?? null;
}

/**
 * A new leader may not know yet that the log is stable up to the range's end: then nothing is no answer (KIP-207). Gives the
 * log start where that is above the offset.
 */
async function fetchOnce(
  log: LogReader,
  at: ScanRange,
  offset: bigint,
  clock: Clock,
  isolation: FetchRequest['isolation'] = 'read_committed',
): Promise<FetchedPartition | bigint> {
  const deadlineMs = clock.nowMs() + settleMsMax;
  for (let backoffMs: number = partitionBackoff.minMs; ; backoffMs *= 2) {
    const topic = (await log.describeTopics([at.topic])).get(at.topic);
    const leader = topic?.leaders[at.partition] ?? -1;
    const fetched = leader < 0 ? undefined : await fetchFrom(log, leader, at, offset, isolation);
    const behind = fetched?.error === null && fetched.records.length === 0 && fetched.lastStableOffset < at.to;
    if (fetched?.error === null && !behind) return fetched;
    if (fetched?.error === outOfRange) {
      const [start] = await log.offsets([{ topic: at.topic, partition: at.partition }], 'earliest');
      if (start?.error === null && start.offset > offset) return start.offset;
    }
    const error = behind ? 'OFFSET_NOT_AVAILABLE' : (fetched?.error ?? 'LEADER_NOT_AVAILABLE');
    if (clock.nowMs() >= deadlineMs) throw partitionFault(log.cluster, 'Fetch', error, partitionName(at));
    await clock.sleep(Math.min(backoffMs, partitionBackoff.maxMs));
  }
}

async function fetchFrom(
  log: LogReader,
  leader: number,
  at: TopicPartition,
  offset: bigint,
  isolation: FetchRequest['isolation'],
) {
  const { topic, partition } = at;
  const [fetched] = await log.fetch(leader, {
    positions: [{ topic, partition, offset, maxBytes: scanFetchBytes }],
    maxBytes: scanFetchBytes,
    minBytes: fetchMinBytes,
    maxWaitMs: fetchMaxWaitMs,
    isolation,
  });
  return fetched;
}
