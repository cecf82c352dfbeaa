import { compress } from './codecs.ts';
import type { RecordHeader } from './decode.ts';
import { type Codec, headerBytes } from './header.ts';
import type { Stamp } from './restamp.ts';
import { sealBatch } from './seal.ts';
import { varintBytes, writeBigVarlong, writeVarint } from './varint.ts';

export interface NewRecord {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers?: readonly RecordHeader[];
  /** Milliseconds since 1970. */
  readonly timestamp: bigint;
  /** The one after the record before it where absent; a jump makes a batch as compaction leaves it. */
  readonly offset?: bigint;
}

export interface NewBatch {
  /** At least one, but for a batch whose records were all compacted away (then with `lastOffsetDelta`). */
  readonly records: readonly NewRecord[];
  /** `none` where absent, and for an empty batch, as brokers keep those. */
  readonly codec?: Codec;
  /** 0n where absent, as a producer writes it. */
  readonly baseOffset?: bigint;
  /** No producer where absent. */
  readonly stamp?: Stamp;
  /** The last record's where absent; larger where compaction took the last records. */
  readonly lastOffsetDelta?: number;
  /** Makes it a batch of LogAppendTime as a broker stores it, appended at that time (milliseconds since 1970). */
  readonly logAppendTime?: bigint;
  readonly control?: boolean;
}

/** A record batch v2 from plain records, such as Kafka's own producer makes it. */
export function buildBatch(wanted: NewBatch): Buffer {
  const { records, baseOffset = 0n } = wanted;
  const codec = records.length === 0 ? 'none' : (wanted.codec ?? 'none');
  const baseTimestamp = records[0]?.timestamp ?? wanted.logAppendTime ?? 0n;
  const parts: Buffer[] = [];
  let offsetDelta = -1;
  let maxTimestamp = baseTimestamp;
  for (const record of records) {
    offsetDelta = record.offset === undefined ? offsetDelta + 1 : Number(record.offset - baseOffset);
    maxTimestamp = record.timestamp > maxTimestamp ? record.timestamp : maxTimestamp;
    parts.push(encodeRecord(record, BigInt.asIntN(64, record.timestamp - baseTimestamp), offsetDelta));
  }
  const batch = Buffer.concat([Buffer.alloc(headerBytes), compress(codec, Buffer.concat(parts))]);
  sealBatch(batch, {
    codec,
    baseOffset,
    recordCount: records.length,
    lastOffsetDelta: wanted.lastOffsetDelta ?? Math.max(offsetDelta, 0),
    baseTimestamp,
    maxTimestamp: wanted.logAppendTime ?? maxTimestamp,
    logAppendTime: wanted.logAppendTime !== undefined,
    control: wanted.control ?? false,
    ...(wanted.stamp === undefined ? {} : { stamp: wanted.stamp }),
  });
  return batch;
}

/** The marker that a broker writes at the end of a transaction: one record, one offset (`EndTransactionMarker.java`). */
export function buildMarker(
  type: 'COMMIT' | 'ABORT',
  marker: {
    readonly producerId: bigint;
    readonly producerEpoch: number;
    readonly baseOffset: bigint;
    readonly timestamp: bigint;
  },
): Buffer {
  const key = Buffer.from([0, 0, 0, type === 'COMMIT' ? 1 : 0]);
  const { producerId, producerEpoch, baseOffset, timestamp } = marker;
  return buildBatch({
    records: [{ key, value: Buffer.alloc(6), timestamp }],
    baseOffset,
    stamp: { producerId, producerEpoch, baseSequence: -1, transactional: true },
    control: true,
  });
}

const varlongBytesMax = 10;

function encodeRecord(record: NewRecord, timestampDelta: bigint, offsetDelta: number): Buffer {
  const start = Buffer.alloc(1 + varlongBytesMax + varlongBytesMax);
  const startBytes = writeVarint(start, writeBigVarlong(start, 1, timestampDelta), offsetDelta);
  const body = encodeBody(record);
  const length = startBytes + body.length;
  const prefix = Buffer.alloc(varintBytes(length));
  writeVarint(prefix, 0, length);
  return Buffer.concat([prefix, start.subarray(0, startBytes), body]);
}

/** Key, value and headers with their lengths, in the shortest form: the same bytes for the same record. */
export function encodeBody(record: Pick<NewRecord, 'key' | 'value' | 'headers'>): Buffer {
  const headers = record.headers ?? [];
  return Buffer.concat([
    ...encodeNullable(record.key),
    ...encodeNullable(record.value),
    encodeNumber(headers.length),
    ...headers.flatMap((header) => [...encodeNullable(header.key), ...encodeNullable(header.value)]),
  ]);
}

function encodeNullable(bytes: Buffer | null): Buffer[] {
  return bytes === null ? [encodeNumber(-1)] : [encodeNumber(bytes.length), bytes];
}

function encodeNumber(value: number): Buffer {
  const encoded = Buffer.alloc(varintBytes(value));
  writeVarint(encoded, 0, value);
  return encoded;
}
