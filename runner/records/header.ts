import { CorruptBatchError } from './corrupt-batch.ts';

/**
 * The header of a record batch v2 (magic 2), as in Kafka's `DefaultRecordBatch.java`: 61 bytes, big-endian, the records
 * (compressed as one block, or plain) after it.
 *
 *      0 baseOffset      int64        23 lastOffsetDelta int32
 *      8 batchLength     int32        27 baseTimestamp   int64, ms
 *     12 leaderEpoch     int32        35 maxTimestamp    int64, ms
 *     16 magic           int8         43 producerId      int64, -1: none
 *     17 crc             uint32       51 producerEpoch   int16
 *     21 attributes      int16        53 baseSequence    int32
 *                                     57 recordCount     int32
 */
export const fieldAt = {
  baseOffset: 0,
  batchLength: 8,
  leaderEpoch: 12,
  magic: 16,
  crc: 17,
  attributes: 21,
  lastOffsetDelta: 23,
  baseTimestamp: 27,
  maxTimestamp: 35,
  producerId: 43,
  producerEpoch: 51,
  baseSequence: 53,
  recordCount: 57,
} as const;

export const headerBytes = 61;

/** `batchLength` counts what follows it: baseOffset and batchLength itself are not in it. */
export const bytesBeforeLengthCounts = 12;

/** Bits of `attributes`. The lowest three hold the codec's number. */
export const attributeBits = {
  codec: 0b111,
  logAppendTime: 1 << 3,
  transactional: 1 << 4,
  control: 1 << 5,
  deleteHorizon: 1 << 6,
} as const;

/** Kafka's codecs at their numbers (`CompressionType.java`). */
export const codecs = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const;
export type Codec = (typeof codecs)[number];

export type TimestampType = 'CreateTime' | 'LogAppendTime';

export interface BatchHeader {
  readonly baseOffset: bigint;
  /** Bytes after the length field; the whole batch is 12 bytes longer. */
  readonly batchLength: number;
  readonly leaderEpoch: number;
  readonly magic: number;
  /** CRC-32C of byte 21 to the end. */
  readonly crc: number;
  readonly attributes: number;
  readonly codec: Codec;
  readonly timestampType: TimestampType;
  readonly transactional: boolean;
  readonly control: boolean;
  /** `baseTimestamp` is then the time at which tombstones may go; record timestamps are still relative to it. */
  readonly hasDeleteHorizon: boolean;
  readonly lastOffsetDelta: number;
  /** Milliseconds since 1970. */
  readonly baseTimestamp: bigint;
  /** Milliseconds since 1970; under LogAppendTime the timestamp of every record. */
  readonly maxTimestamp: bigint;
  readonly producerId: bigint;
  readonly producerEpoch: number;
  readonly baseSequence: number;
  /** Records that are left; compaction makes it smaller than `lastOffsetDelta + 1`. */
  readonly recordCount: number;
}

/** Throws CorruptBatchError where the bytes are too few, the magic is not 2 or the codec is unknown; the CRC is not checked. */
export function readHeader(batch: Buffer): BatchHeader {
  if (batch.length < headerBytes) {
    throw new CorruptBatchError(batch.length >= 8 ? baseOffsetOf(batch) : -1n, `${batch.length} bytes are no header`);
  }
  const baseOffset = baseOffsetOf(batch);
  const magic = batch.readInt8(fieldAt.magic);
  if (magic !== 2) {
    throw new CorruptBatchError(baseOffset, `magic ${magic} instead of 2`);
  }
  const attributes = batch.readInt16BE(fieldAt.attributes);
  return {
    baseOffset,
    batchLength: batch.readInt32BE(fieldAt.batchLength),
    leaderEpoch: batch.readInt32BE(fieldAt.leaderEpoch),
    magic,
    crc: batch.readUInt32BE(fieldAt.crc),
    attributes,
    codec: codecOf(batch),
    timestampType: (attributes & attributeBits.logAppendTime) === 0 ? 'CreateTime' : 'LogAppendTime',
    transactional: (attributes & attributeBits.transactional) !== 0,
    control: (attributes & attributeBits.control) !== 0,
    hasDeleteHorizon: (attributes & attributeBits.deleteHorizon) !== 0,
    lastOffsetDelta: lastOffsetDeltaOf(batch),
    baseTimestamp: batch.readBigInt64BE(fieldAt.baseTimestamp),
    maxTimestamp: batch.readBigInt64BE(fieldAt.maxTimestamp),
    producerId: producerIdOf(batch),
    producerEpoch: batch.readInt16BE(fieldAt.producerEpoch),
    baseSequence: batch.readInt32BE(fieldAt.baseSequence),
    recordCount: recordCountOf(batch),
  };
}

/** For loops over many headers: the engine compiles a view's reads into the loop, a buffer's not always. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

// Single fields, for where a whole header a batch would cost too much. They expect a batch from `splitBatches`.

export function baseOffsetOf(batch: Buffer): bigint {
  return batch.readBigInt64BE(fieldAt.baseOffset);
}

export function lastOffsetDeltaOf(batch: Buffer): number {
  return batch.readInt32BE(fieldAt.lastOffsetDelta);
}

/** The last offset that the batch spans, whether its record is still there or not. */
export function lastOffsetOf(batch: Buffer): bigint {
  return baseOffsetOf(batch) + BigInt(lastOffsetDeltaOf(batch));
}

/** Of the leader that took it; -1 in a batch that no broker has stored. */
export function leaderEpochOf(batch: Buffer): number {
  return batch.readInt32BE(fieldAt.leaderEpoch);
}

export function recordCountOf(batch: Buffer): number {
  return batch.readInt32BE(fieldAt.recordCount);
}

export function producerIdOf(batch: Buffer): bigint {
  return batch.readBigInt64BE(fieldAt.producerId);
}

export function producerEpochOf(batch: Buffer): number {
  return batch.readInt16BE(fieldAt.producerEpoch);
}

export function baseSequenceOf(batch: Buffer): number {
  return batch.readInt32BE(fieldAt.baseSequence);
}

export function isTransactional(batch: Buffer): boolean {
  return (batch.readInt16BE(fieldAt.attributes) & attributeBits.transactional) !== 0;
}

export function isControl(batch: Buffer): boolean {
  return (batch.readInt16BE(fieldAt.attributes) & attributeBits.control) !== 0;
}

export function hasLogAppendTime(batch: Buffer): boolean {
  return (batch.readInt16BE(fieldAt.attributes) & attributeBits.logAppendTime) !== 0;
}

export function codecOf(batch: Buffer): Codec {
  const number = batch.readInt16BE(fieldAt.attributes) & attributeBits.codec;
  const codec = codecs[number];
  if (codec === undefined) {
    throw new CorruptBatchError(baseOffsetOf(batch), `unknown codec number ${number}`);
  }
  return codec;
}
