import { type BatchFate, committedFilter } from '../../records/aborted.ts';
import { CorruptBatchError } from '../../records/corrupt-batch.ts';
import { crcIsValid } from '../../records/crc.ts';
import { baseOffsetOf, lastOffsetOf, leaderEpochOf, recordCountOf } from '../../records/header.ts';
import { splitBatches } from '../../records/split.ts';
import { type Loss, loss, partitionName } from './losses.ts';
import type { MirroredPartition } from './partition.ts';
import type { FetchedPartition } from './ports.ts';
import { noteEpoch } from './read-epochs.ts';
import type { SharedBytes } from './shared-bytes.ts';

/**
 * Queues what a fetch brought: batches whose records stand, and the moves of the position over all else. Looks at headers
 * only. Each queued batch holds the `bytes` of the fetch. A loss ends the partition at what was queued before it.
 */
export function takeIn(partition: MirroredPartition, fetched: FetchedPartition, bytes: SharedBytes): Loss | null {
  partition.lastStable = fetched.lastStableOffset;
  try {
    const split = splitBatches(fetched.records);
    const fateOf = committedFilter(fetched.abortedTransactions);
    for (const batch of split.batches) {
      const fate = fateOf(batch);
      const next = lastOffsetOf(batch) + 1n;
      if (!isData(batch, fate) || next <= partition.nextFetch) checkLeftOut(batch);
      if (next <= partition.nextFetch) continue;
      noteEpoch(partition.epochs, baseOffsetOf(batch), leaderEpochOf(batch));
      if (isData(batch, fate)) enqueue(partition, batch, bytes, next);
      else moveOn(partition, next);
      partition.nextFetch = next;
    }
    return null;
  } catch (error) {
    if (error instanceof CorruptBatchError) return damagedLoss(partition, error);
    throw error;
  }
}

export function damagedLoss(partition: MirroredPartition, error: CorruptBatchError): Loss {
  return loss('damaged', partition, {
    summary: `${partitionName(partition.source)} cannot be read at offset ${error.baseOffset}: ${error.reason}.`,
    offsets: { offset: error.baseOffset },
  });
}

function isData(batch: Buffer, fate: BatchFate): boolean {
  return fate === 'data' && recordCountOf(batch) > 0;
}

/** What is mirrored is checked by the target; of what is not, only the CRC tells that its header was not damaged. */
function checkLeftOut(batch: Buffer): void {
  if (!crcIsValid(batch)) throw new CorruptBatchError(baseOffsetOf(batch), 'the CRC does not match');
}

function enqueue(partition: MirroredPartition, batch: Buffer, bytes: SharedBytes, next: bigint): void {
  bytes.holders += 1;
  partition.queue.push({ batch, bytes, next });
  partition.queuedBytes += batch.length;
}

function moveOn(partition: MirroredPartition, next: bigint): void {
  const last = partition.queue.last();
  if (last === undefined) partition.queue.push({ batch: null, next });
  else last.next = next;
}
