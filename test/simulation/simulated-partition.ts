import { buildMarker } from '../../runner/records/build.ts';
import { crcIsValid } from '../../runner/records/crc.ts';
import { type DecodedRecord, decodeRecords } from '../../runner/records/decode.ts';
import { fieldAt, lastOffsetOf, readHeader } from '../../runner/records/header.ts';
import { type LeaderEpochs, latestEpoch } from './leader-epochs.ts';
import { checkSequence, noteBatch, noteMarker, type ProducerStates } from './producer-states.ts';
import { readRecords, type WrittenRecords } from './written-records.ts';

/** A batch as a broker stores it. */
export interface StoredBatch {
  readonly base: bigint;
  readonly last: bigint;
  /** The cleaner may put others in their place. */
  bytes: Buffer;
  readonly producerId: bigint;
  readonly kind: 'plain' | 'transactional' | 'marker';
  /** Of a transactional one, once its transaction has ended; of a marker, what it says. */
  outcome: 'COMMIT' | 'ABORT' | null;
  /** What was written in it; read from its bytes where its writer did not say. */
  records: WrittenRecords | null;
  /** Indexes of the records that the cleaner took since. */
  gone: ReadonlySet<number> | null;
}

/** A transaction without its marker. */
interface OpenTransaction {
  readonly first: bigint;
  readonly batches: StoredBatch[];
}

interface AbortedRange {
  readonly producerId: bigint;
  readonly firstOffset: bigint;
  readonly lastOffset: bigint;
}

/** One partition's log with what its leader keeps beside it. */
export interface SimulatedPartition {
  batches: StoredBatch[];
  /** Every batch of records that was written and not truncated, also those that retention or the cleaner took. */
  written: StoredBatch[];
  start: bigint;
  end: bigint;
  /** Readers see no further while the high watermark stays behind; null where it is the log end. */
  hiddenFrom: bigint | null;
  /** The disk under its leader failed. */
  isOffline: boolean;
  readonly open: Map<bigint, OpenTransaction>;
  aborted: AbortedRange[];
  readonly producers: ProducerStates;
  /** When somebody last sent it a batch. */
  producedAtMs: number;
  readonly epochs: LeaderEpochs;
}

export type Appended = { readonly error: string } | { readonly error: null; readonly base: bigint };

export function emptyPartition(): SimulatedPartition {
  return {
    batches: [],
    written: [],
    start: 0n,
    end: 0n,
    hiddenFrom: null,
    isOffline: false,
    open: new Map(),
    aborted: [],
    producers: new Map(),
    producedAtMs: Number.NEGATIVE_INFINITY,
    epochs: { entries: [{ epoch: 0, start: 0n }] },
  };
}

export function highWatermark(log: SimulatedPartition): bigint {
  return log.hiddenFrom ?? log.end;
}

export function lastStable(log: SimulatedPartition): bigint {
  let stable = highWatermark(log);
  for (const { first } of log.open.values()) if (first < stable) stable = first;
  return stable;
}

/** What a broker does with a produced batch (`LogValidator`, `ProducerAppendInfo`). */
export function appendProduced(log: SimulatedPartition, produced: Buffer, maxBytes: number): Appended {
  const bytes = Buffer.from(produced);
  const header = readHeader(bytes);
  if (bytes.length > maxBytes) return { error: 'MESSAGE_TOO_LARGE' };
  if (!crcIsValid(bytes)) return { error: 'CORRUPT_MESSAGE' };
  if (header.control || header.recordCount !== header.lastOffsetDelta + 1) return { error: 'INVALID_RECORD' };
  if (header.timestampType === 'LogAppendTime') return { error: 'INVALID_TIMESTAMP' };
  if (header.producerId < 0n) return { error: null, base: appendStored(log, bytes) };
  const checked = checkSequence(log.producers, header);
  if (checked.result === 'refused') return { error: checked.error };
  if (checked.result === 'duplicate') return { error: null, base: checked.base };
  noteBatch(log.producers, header, log.end);
  return { error: null, base: appendStored(log, bytes) };
}

/** Puts a batch at the end as it is, at its own offset where that lies higher; gives its base offset. */
export function appendStored(log: SimulatedPartition, bytes: Buffer, atLeast = 0n): bigint {
  return store(log, bytes, atLeast).base;
}

/** As `appendStored`, but gives the batch that is stored now. */
export function store(
  log: SimulatedPartition,
  bytes: Buffer,
  atLeast = 0n,
  records: WrittenRecords | null = null,
): StoredBatch {
  const base = log.end > atLeast ? log.end : atLeast;
  bytes.writeBigInt64BE(base, fieldAt.baseOffset);
  bytes.writeInt32BE(latestEpoch(log.epochs), fieldAt.leaderEpoch);
  const { producerId, transactional, control } = readHeader(bytes);
  const kind = control ? 'marker' : transactional ? 'transactional' : 'plain';
  const last = lastOffsetOf(bytes);
  const stored: StoredBatch = { base, last, bytes, producerId, kind, outcome: null, records, gone: null };
  log.batches.push(stored);
  if (kind !== 'marker') log.written.push(stored);
  log.end = stored.last + 1n;
  if (kind === 'transactional') noteOpen(log, stored);
  return stored;
}

function noteOpen(log: SimulatedPartition, batch: StoredBatch): void {
  const open = log.open.get(batch.producerId);
  if (open === undefined) log.open.set(batch.producerId, { first: batch.base, batches: [batch] });
  else open.batches.push(batch);
}

export function appendMarker(
  log: SimulatedPartition,
  type: 'COMMIT' | 'ABORT',
  producer: { readonly producerId: bigint; readonly producerEpoch: number },
  timestamp: bigint,
): void {
  const { producerId, producerEpoch } = producer;
  const marker = store(log, buildMarker(type, { producerId, producerEpoch, baseOffset: log.end, timestamp }));
  marker.outcome = type;
  endOpen(log, marker, type);
  noteMarker(log.producers, producerId, producerEpoch);
}

function endOpen(log: SimulatedPartition, { producerId, base }: StoredBatch, type: 'COMMIT' | 'ABORT'): void {
  const open = log.open.get(producerId);
  if (open === undefined) return;
  for (const batch of open.batches) batch.outcome = type;
  log.open.delete(producerId);
  if (type === 'ABORT') log.aborted.push({ producerId, firstOffset: open.first, lastOffset: base });
}

/** Index of the first batch that ends at or above the offset. */
export function firstBatchAt(log: SimulatedPartition, offset: bigint): number {
  const { batches } = log;
  let low = 0;
  let high = batches.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((batches[middle]?.last ?? offset) < offset) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * Whole batches from the one that spans `offset`, below the bound, and the beginning of the next one, which counts in `bytes`
 * as well: the answer gets no larger by it. Where there is no room for the first batch nothing, but to the first partition it
 * comes in any case (`ReplicaManager.readFromLog`).
 */
export function readLog(log: SimulatedPartition, offset: bigint, below: bigint, maxBytes: number, first: boolean) {
  const parts: Buffer[] = [];
  let bytes = 0;
  let end = offset;
  for (let index = firstBatchAt(log, offset); index < log.batches.length; index += 1) {
    const batch = log.batches[index];
    if (batch === undefined || batch.base >= below) break;
    if (bytes + batch.bytes.length > maxBytes && (parts.length > 0 || !first)) {
      if (parts.length > 0 && maxBytes > bytes) {
        parts.push(batch.bytes.subarray(0, maxBytes - bytes));
        bytes = maxBytes;
      }
      break;
    }
    parts.push(batch.bytes);
    bytes += batch.bytes.length;
    end = batch.last + 1n;
  }
  const aborted = log.aborted.filter((one) => one.lastOffset >= offset && one.firstOffset < end);
  return { records: Buffer.concat(parts), bytes, aborted };
}

export function isCommitted({ kind, outcome }: StoredBatch): boolean {
  return kind === 'plain' || (kind === 'transactional' && outcome === 'COMMIT');
}

export function recordsOf(batch: StoredBatch): WrittenRecords {
  batch.records ??= readRecords(batch.bytes);
  return batch.records;
}

/** What a read_committed consumer sees, told by the fake's own knowledge of the outcomes. */
export function committedRecords(log: SimulatedPartition): DecodedRecord[] {
  return log.batches
    .filter(isCommitted)
    .flatMap(({ bytes }) => decodeRecords(bytes))
    .filter(({ offset }) => offset >= log.start);
}

/** What a read_uncommitted consumer sees. */
export function allRecords(log: SimulatedPartition): DecodedRecord[] {
  return log.batches
    .filter(({ kind }) => kind !== 'marker')
    .flatMap(({ bytes }) => decodeRecords(bytes))
    .filter(({ offset }) => offset >= log.start);
}

/** DeleteRecords, or retention. */
export function deleteBefore(log: SimulatedPartition, offset: bigint): void {
  log.start = offset;
  log.batches = log.batches.filter((batch) => batch.last >= offset);
}

/**
 * An unclean election: the new leader's log ends at `offset`, or before the batch that spans it. Transactions whose marker
 * is lost are open again. What it knows of producers its log has told (`ProducerStateManager`).
 */
export function truncateTo(log: SimulatedPartition, offset: bigint): void {
  const kept = log.batches.filter((batch) => batch.last < offset);
  const end = kept.at(-1)?.last;
  log.batches = kept;
  log.written = log.written.filter((batch) => batch.last < offset);
  log.end = end === undefined ? log.start : end + 1n;
  log.hiddenFrom = null;
  log.open.clear();
  log.aborted = [];
  log.producers.clear();
  for (const batch of kept) {
    noteProducer(log, batch);
    if (batch.kind === 'marker') endOpen(log, batch, batch.outcome ?? 'COMMIT');
    else if (batch.kind === 'transactional') {
      batch.outcome = null;
      noteOpen(log, batch);
    }
  }
}

function noteProducer({ producers }: SimulatedPartition, { bytes, base, kind }: StoredBatch): void {
  const header = readHeader(bytes);
  if (kind === 'marker') noteMarker(producers, header.producerId, header.producerEpoch);
  else if (header.producerId >= 0n) noteBatch(producers, header, base);
}
