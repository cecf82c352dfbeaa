import { type BatchFate, committedFilter } from '../../records/aborted.ts';
import { CorruptBatchError } from '../../records/corrupt-batch.ts';
import { crcIsValid } from '../../records/crc.ts';
import { baseOffsetOf, lastOffsetOf, leaderEpochOf, recordCountOf } from '../../records/header.ts';
import { splitBatches } from '../../records/split.ts';
import { isStretch, recordsOfStretch } from '../../records/stretch.ts';
import { joinBatchBytesBelow, joinedBatchBytesMax } from './limits.ts';
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
    const transactional = fetched.abortedTransactions.length === 0;
    const bytesMax = Math.min(joinedBatchBytesMax, partition.targetMaxMessageBytes);
    const stretches = { batchBytesBelow: joinBatchBytesBelow, bytesMax, transactional };
    const fateOf = committedFilter(fetched.abortedTransactions);
    const parts = splitBatches(fetched.records, stretches).batches.flatMap((part, index, all) => {
      const isWhole = !isStretch(part) || isTakenWhole(partition, part, all[index + 1], fetched.highWatermark);
      return isWhole ? [part] : splitBatches(part).batches;
    });
    for (const [index, batch] of parts.entries()) {
      const next = nextOf(batch);
      // The high watermark was taken before the records (`Partition.readRecords`): the next answer has a newer one.
      if (next > fetched.highWatermark) break;
      checkPlace(partition, batch, next, parts[index + 1]);
      const fate = isStretch(batch) ? 'data' : fateOf(batch);
      if (!isData(batch, fate) || partition.suspects.has(baseOffsetOf(batch))) checkCrc(batch);
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

/** Where a single batch of it may have to be left out, or looked at alone, a stretch is taken batch by batch. */
function isTakenWhole(
  { nextFetch, suspects }: MirroredPartition,
  stretch: Buffer,
  following: Buffer | undefined,
  highWatermark: bigint,
): boolean {
  const base = baseOffsetOf(stretch);
  const next = nextOf(stretch);
  const isSuspect = [...suspects].some((one) => one >= base && one < next);
  const overlaps = following !== undefined && baseOffsetOf(following) < next;
  return base >= nextFetch && next <= highWatermark && !isSuspect && !overlaps;
}

/** The offset behind a batch or a stretch. */
function nextOf(batch: Buffer): bigint {
  return isStretch(batch) ? baseOffsetOf(batch) + BigInt(recordsOfStretch(batch)) : lastOffsetOf(batch) + 1n;
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

/**
 * No CRC covers where a batch says that it stands. But batches follow one another, and only where a session begins may one
 * begin before the offset that was asked for.
 */
function checkPlace(partition: MirroredPartition, batch: Buffer, next: bigint, following: Buffer | undefined): void {
  const { nextFetch, fetchedFrom } = partition;
  const base = baseOffsetOf(batch);
  if (base < 0n || next <= base) throw new CorruptBatchError(base, `it says to end before offset ${next}`);
  if (next <= nextFetch || (base < nextFetch && nextFetch !== fetchedFrom)) {
    throw new CorruptBatchError(base, `it stands where offset ${nextFetch} should come`);
  }
  if (following !== undefined && baseOffsetOf(following) < next) {
    throw new CorruptBatchError(
      base,
      `it goes on to offset ${next}, and the next one begins at ${baseOffsetOf(following)}`,
    );
  }
}

/**
 * What is mirrored is checked by the target, and here where the target found it wrong. Of what is not mirrored only the
 * CRC tells that its header was not damaged.
 */
function checkCrc(batch: Buffer): void {
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
