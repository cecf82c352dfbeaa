import { isControl, isTransactional, lastOffsetOf, producerIdOf } from './header.ts';
import { openBatch } from './open.ts';
import { nextRecord, openCursor } from './record-cursor.ts';
import { readVarint } from './varint.ts';

/** As a read_committed Fetch answer names it: batches of this producer from this offset to its ABORT marker do not count. */
export interface AbortedTransaction {
  readonly producerId: bigint;
  readonly firstOffset: bigint;
}

/** What a batch of a read_committed Fetch answer is: records to copy, a marker, or records of an aborted transaction. */
export type BatchFate = 'data' | 'control' | 'aborted';

/** Kafka's control records (`ControlRecordType.java`) that end a transaction; `other` is none that a mirror cares for. */
export type ControlType = 'ABORT' | 'COMMIT' | 'other';

/**
 * Tells the fate of each batch of one Fetch answer; to be asked for every batch once and in order, as Kafka's own consumer
 * does it (`CompletedFetch.java`). By header alone, but for the marker's own record. Throws CorruptBatchError on a marker
 * that cannot be read.
 */
export function committedFilter(abortedTransactions: readonly AbortedTransaction[]): (batch: Buffer) => BatchFate {
  const toCome = abortedTransactions.toSorted((a, b) => compare(a.firstOffset, b.firstOffset));
  const aborted = new Set<bigint>();
  let next = 0;
  return function fateOf(batch) {
    const last = lastOffsetOf(batch);
    for (let entry = toCome[next]; entry !== undefined && entry.firstOffset <= last; entry = toCome[next]) {
      aborted.add(entry.producerId);
      next += 1;
    }
    if (isControl(batch)) {
      if (controlTypeOf(batch) === 'ABORT') {
        aborted.delete(producerIdOf(batch));
      }
      return 'control';
    }
    return isTransactional(batch) && aborted.has(producerIdOf(batch)) ? 'aborted' : 'data';
  };
}

/** The batches to copy, in order. */
export function committedBatches(
  batches: readonly Buffer[],
  abortedTransactions: readonly AbortedTransaction[],
): Buffer[] {
  const fateOf = committedFilter(abortedTransactions);
  return batches.filter((batch) => fateOf(batch) === 'data');
}

/** Of a control batch; its record's key is a version and a type, both int16. A batch whose record was compacted away: other. */
export function controlTypeOf(batch: Buffer): ControlType {
  const cursor = openCursor(openBatch(batch));
  if (!nextRecord(cursor)) {
    return 'other';
  }
  cursor.position = cursor.bodyFrom;
  const keyBytes = readVarint(cursor);
  if (!(keyBytes >= 4 && cursor.position + keyBytes <= cursor.bodyTo)) {
    return 'other';
  }
  const type = cursor.bytes.readInt16BE(cursor.position + 2);
  return type === 0 ? 'ABORT' : type === 1 ? 'COMMIT' : 'other';
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
