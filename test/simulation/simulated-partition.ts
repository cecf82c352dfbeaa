import { buildMarker } from '../../runner/records/build.ts';
import { crcIsValid } from '../../runner/records/crc.ts';
import { type DecodedRecord, decodeRecords } from '../../runner/records/decode.ts';
import { lastOffsetOf, readHeader } from '../../runner/records/header.ts';
import { nextSequence } from '../../runner/records/restamp.ts';

/** A batch as a broker stores it. */
export interface StoredBatch {
  readonly base: bigint;
  readonly last: bigint;
  readonly bytes: Buffer;
  readonly producerId: bigint;
  readonly kind: 'plain' | 'transactional' | 'marker';
  /** Of a transactional one, once its transaction has ended. */
  outcome: 'COMMIT' | 'ABORT' | null;
}

interface ProducerState {
  readonly epoch: number;
  readonly nextSequence: number;
  /** The last five batches, to tell duplicates (`ProducerStateEntry.java`). */
  readonly recent: readonly { readonly sequence: number; readonly base: bigint }[];
}

/** One partition's log with what a broker keeps beside it; high watermark = log end. */
export interface SimulatedPartition {
  batches: StoredBatch[];
  start: bigint;
  end: bigint;
  readonly open: Map<bigint, bigint>;
  readonly aborted: { readonly producerId: bigint; readonly firstOffset: bigint; readonly lastOffset: bigint }[];
  readonly producers: Map<bigint, ProducerState>;
}

export type Appended = { readonly error: string } | { readonly error: null; readonly base: bigint };

export function emptyPartition(): SimulatedPartition {
  return { batches: [], start: 0n, end: 0n, open: new Map(), aborted: [], producers: new Map() };
}

export function lastStable(log: SimulatedPartition): bigint {
  let stable = log.end;
  for (const first of log.open.values()) if (first < stable) stable = first;
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
  if (header.producerId >= 0n) {
    const known = log.producers.get(header.producerId);
    if (known !== undefined && header.producerEpoch < known.epoch) return { error: 'INVALID_PRODUCER_EPOCH' };
    const sameEpoch = known !== undefined && known.epoch === header.producerEpoch;
    const duplicate = sameEpoch ? known.recent.find((one) => one.sequence === header.baseSequence) : undefined;
    if (duplicate !== undefined) return { error: null, base: duplicate.base };
    const expected = sameEpoch ? known.nextSequence : known === undefined ? header.baseSequence : 0;
    if (header.baseSequence !== expected) return { error: 'OUT_OF_ORDER_SEQUENCE_NUMBER' };
    const recent = [...(sameEpoch ? known.recent : []), { sequence: header.baseSequence, base: log.end }].slice(-5);
    const next = nextSequence(header.baseSequence, header.recordCount);
    log.producers.set(header.producerId, { epoch: header.producerEpoch, nextSequence: next, recent });
  }
  return { error: null, base: appendStored(log, bytes) };
}

/** Puts a batch at the end as it is, at its own offset where that lies higher; gives its base offset. */
export function appendStored(log: SimulatedPartition, bytes: Buffer, atLeast = 0n): bigint {
  const base = log.end > atLeast ? log.end : atLeast;
  bytes.writeBigInt64BE(base, 0);
  const { producerId, transactional, control } = readHeader(bytes);
  if (transactional && !control && !log.open.has(producerId)) log.open.set(producerId, base);
  const kind = control ? 'marker' : transactional ? 'transactional' : 'plain';
  const last = lastOffsetOf(bytes);
  log.batches.push({ base, last, bytes, producerId, kind, outcome: null });
  log.end = last + 1n;
  return base;
}

export function appendMarker(
  log: SimulatedPartition,
  type: 'COMMIT' | 'ABORT',
  producer: { readonly producerId: bigint; readonly producerEpoch: number },
  timestamp: bigint,
): void {
  const { producerId, producerEpoch } = producer;
  const firstOffset = log.open.get(producerId);
  for (const batch of log.batches) {
    if (batch.producerId === producerId && batch.kind === 'transactional') batch.outcome ??= type;
  }
  const base = appendStored(log, buildMarker(type, { producerId, producerEpoch, baseOffset: log.end, timestamp }));
  log.open.delete(producerId);
  if (type === 'ABORT' && firstOffset !== undefined) log.aborted.push({ producerId, firstOffset, lastOffset: base });
  const known = log.producers.get(producerId);
  const sequence = known !== undefined && known.epoch === producerEpoch ? known.nextSequence : 0;
  const recent = known !== undefined && known.epoch === producerEpoch ? known.recent : [];
  log.producers.set(producerId, { epoch: producerEpoch, nextSequence: sequence, recent });
}

/** Whole batches from the one that spans `offset`, below the bound; the first one in any case. */
export function readLog(log: SimulatedPartition, offset: bigint, below: bigint, maxBytes: number, first: boolean) {
  const parts: Buffer[] = [];
  let bytes = 0;
  let end = offset;
  for (const batch of log.batches) {
    if (batch.last < offset || batch.base >= below) continue;
    if (bytes + batch.bytes.length > maxBytes && (parts.length > 0 || !first)) {
      if (maxBytes > bytes) parts.push(batch.bytes.subarray(0, maxBytes - bytes));
      break;
    }
    parts.push(batch.bytes);
    bytes += batch.bytes.length;
    end = batch.last + 1n;
  }
  const aborted = log.aborted.filter((one) => one.lastOffset >= offset && one.firstOffset < end);
  return { records: Buffer.concat(parts), bytes, aborted };
}

/** What a read_committed consumer sees, told by the fake's own knowledge of the outcomes. */
export function committedRecords(log: SimulatedPartition): DecodedRecord[] {
  return log.batches
    .filter(({ kind, outcome }) => kind === 'plain' || (kind === 'transactional' && outcome === 'COMMIT'))
    .flatMap(({ bytes }) => decodeRecords(bytes))
    .filter(({ offset }) => offset >= log.start);
}

/** DeleteRecords, or retention. */
export function deleteBefore(log: SimulatedPartition, offset: bigint): void {
  log.start = offset;
  log.batches = log.batches.filter((batch) => batch.last >= offset);
}
