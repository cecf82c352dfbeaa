import type { FetchedPartition, FetchRequest, OffsetSpec } from '../../runner/engines/native/ports.ts';
import { decodeRecords } from '../../runner/records/decode.ts';
import { divergence, latestEpoch } from './leader-epochs.ts';
import { highWatermark, lastStable, readLog, type SimulatedPartition } from './simulated-partition.ts';

/** What is given back is written over, as the next answer would: whoever looked at it then would mirror nonsense. */
const releasedByte = 0xdb;

/**
 * A leader's answer to one partition of a Fetch request, within the bytes that the whole answer has left. Epochs are compared
 * before an offset above the end is an error (`Partition.readRecords`).
 */
export function fetchFrom(
  log: SimulatedPartition,
  position: FetchRequest['positions'][number],
  request: Pick<FetchRequest, 'isolation'>,
  answer: { bytesLeft: number; first: boolean },
): FetchedPartition {
  const { topic, partition, offset, maxBytes } = position;
  if (offset < log.start) return fetchError(position, 'OFFSET_OUT_OF_RANGE');
  const { lastEpoch = -1 } = position;
  if (lastEpoch > latestEpoch(log.epochs)) return fetchError(position, 'OFFSET_OUT_OF_RANGE');
  const diverging = lastEpoch < 0 ? null : divergence(log.epochs, log.end, { epoch: lastEpoch, offset });
  if (diverging !== null) {
    const bounds = { logStartOffset: log.start, highWatermark: highWatermark(log), lastStableOffset: lastStable(log) };
    return { ...fetchError(position, ''), error: null, ...bounds, diverging };
  }
  if (offset > log.end) return fetchError(position, 'OFFSET_OUT_OF_RANGE');
  const committed = request.isolation === 'read_committed';
  const below = committed ? lastStable(log) : highWatermark(log);
  const read = readLog(log, offset, below, Math.min(maxBytes, Math.max(answer.bytesLeft, 0)), answer.first);
  answer.bytesLeft -= read.bytes;
  if (read.bytes > 0) answer.first = false;
  return {
    topic,
    partition,
    error: null,
    logStartOffset: log.start,
    highWatermark: highWatermark(log),
    lastStableOffset: lastStable(log),
    abortedTransactions: committed ? read.aborted : [],
    records: read.records,
    release: () => void read.records.fill(releasedByte),
  };
}

export function fetchError(
  { topic, partition }: { readonly topic: string; readonly partition: number },
  error: string,
): FetchedPartition {
  const nowhere = { logStartOffset: -1n, highWatermark: -1n, lastStableOffset: -1n };
  return { topic, partition, error, ...nowhere, abortedTransactions: [], records: Buffer.alloc(0), release: () => {} };
}

/** A request that waits for records goes on waiting. */
export function isEmpty(answer: readonly FetchedPartition[]): boolean {
  return answer.every((one) => one.error === null && one.records.length === 0 && one.diverging === undefined);
}

/** A leader's answer to ListOffsets; `latest` and `last-stable` are bound by the high watermark (KIP-207). */
export function offsetAt(log: SimulatedPartition, at: OffsetSpec): { error: string | null; offset: bigint } {
  if (at === 'earliest') return { error: null, offset: log.start };
  if (log.hiddenFrom !== null) return { error: 'OFFSET_NOT_AVAILABLE', offset: -1n };
  if (at === 'latest') return { error: null, offset: log.end };
  if (at === 'last-stable') return { error: null, offset: lastStable(log) };
  return { error: null, offset: firstSince(log, at.timestampMs) };
}

function firstSince(log: SimulatedPartition, timestampMs: bigint): bigint {
  for (const batch of log.batches) {
    if (batch.kind === 'marker') continue;
    for (const record of decodeRecords(batch.bytes)) {
      if (record.timestamp >= timestampMs && record.offset >= log.start) return record.offset;
    }
  }
  return -1n;
}
