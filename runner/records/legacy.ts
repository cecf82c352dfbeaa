import { crc32 } from 'node:zlib';
import { buildBatch, type NewRecord } from './build.ts';
import { decompress, decompressedBytesMax } from './codecs.ts';
import { CorruptBatchError } from './corrupt-batch.ts';
import type { Codec } from './header.ts';
import { repairLz4Header } from './lz4.ts';

/**
 * Messages of magic 0 and 1, which brokers before Kafka 0.11 wrote, and which stay in old logs (`LegacyRecord.java`,
 * `AbstractLegacyRecordBatch.java`). Big-endian:
 *
 *      0 offset     int64
 *      8 size       int32     bytes behind this field
 *     12 crc        uint32    CRC-32 (not CRC-32C) of all behind it
 *     16 magic      int8      0 or 1
 *     17 attributes int8      bits 0-2 codec, bit 3 LogAppendTime (magic 1)
 *     18 timestamp  int64     magic 1 only, ms
 *        key, value           each an int32 length, -1: null
 *
 * A compressed message wraps others in its value. Its offset is that of the last one inside; inside, offsets are those of
 * the log (magic 0) or count from the first (magic 1).
 */
const fieldAt = { size: 8, crc: 12, magic: 16, attributes: 17, timestamp: 18 } as const;
const fixedBytes = { 0: 18, 1: 26 } as const;
const bytesBeforeSizeCounts = fieldAt.crc;
const codecMask = 0x07;
const logAppendTimeBit = 0x08;
const codecs: readonly Codec[] = ['none', 'gzip', 'snappy', 'lz4'];
/** What readers see where a message has no time (`RecordBatch.NO_TIMESTAMP`). */
const noTimestamp = -1n;

/** Plain messages of one batch at most, and how far their offsets may lie apart: an offset delta has 32 bits. */
const messagesMax = 1_000;
const offsetSpanMax = 1_000_000n;

interface Message {
  readonly offset: bigint;
  readonly magic: 0 | 1;
  readonly codec: Codec;
  readonly logAppendTime: boolean;
  readonly timestamp: bigint;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
}

/** Bytes of the message that begins here, by its size field. */
export function legacyLength(bytes: Buffer): number {
  return bytes.readInt32BE(fieldAt.size) + bytesBeforeSizeCounts;
}

export function isLegacy(magic: number): magic is 0 | 1 {
  return magic === 0 || magic === 1;
}

/**
 * Whole messages that stand one after the other in a log, as record batches v2 with their offsets, keys, values and
 * timestamps; LogAppendTime is written out. A compressed message becomes a batch of its codec, plain ones share batches.
 * Throws CorruptBatchError.
 */
export function upconvert(messages: readonly Buffer[]): Buffer[] {
  const batches: Buffer[] = [];
  let plain: Message[] = [];
  const flush = () => {
    if (plain.length > 0) batches.push(batchOf(plain, 'none'));
    plain = [];
  };
  for (const bytes of messages) {
    const message = readMessage(bytes);
    const first = plain[0];
    const full = plain.length >= messagesMax || (first && message.offset - first.offset > offsetSpanMax);
    if (full || message.codec !== 'none') flush();
    if (message.codec === 'none') plain.push(message);
    else batches.push(batchOf(unwrap(message), message.codec));
  }
  flush();
  return batches;
}

function batchOf(messages: readonly Message[], codec: Codec): Buffer {
  const records = messages.map(({ key, value, timestamp, offset }): NewRecord => ({ key, value, timestamp, offset }));
  return buildBatch({ records, codec, baseOffset: messages[0]?.offset ?? 0n });
}

function readMessage(bytes: Buffer): Message {
  const offset = bytes.readBigInt64BE(0);
  const magic = bytes.readInt8(fieldAt.magic);
  if (!isLegacy(magic)) throw new CorruptBatchError(offset, `magic ${magic} among messages of magic 0 and 1`);
  if (bytes.length < fixedBytes[magic] + 8) throw new CorruptBatchError(offset, 'a message shorter than its fields');
  if (crc32(bytes.subarray(fieldAt.magic)) !== bytes.readUInt32BE(fieldAt.crc)) {
    throw new CorruptBatchError(offset, 'the CRC does not match');
  }
  const attributes = bytes.readUInt8(fieldAt.attributes);
  const codec = codecs[attributes & codecMask];
  if (codec === undefined) throw new CorruptBatchError(offset, `codec ${attributes & codecMask} is unknown`);
  const key = readBytes(bytes, fixedBytes[magic], offset);
  const value = readBytes(bytes, key.end, offset);
  if (value.end !== bytes.length) throw new CorruptBatchError(offset, 'bytes behind the value of a message');
  return {
    offset,
    magic,
    codec,
    logAppendTime: magic === 1 && (attributes & logAppendTimeBit) !== 0,
    timestamp: magic === 1 ? bytes.readBigInt64BE(fieldAt.timestamp) : noTimestamp,
    key: key.bytes,
    value: value.bytes,
  };
}

function readBytes(bytes: Buffer, at: number, offset: bigint): { readonly bytes: Buffer | null; readonly end: number } {
  const start = at + 4;
  const length = start <= bytes.length ? bytes.readInt32BE(at) : -2;
  if (length === -1) return { bytes: null, end: start };
  if (length < 0 || start + length > bytes.length)
    throw new CorruptBatchError(offset, 'a field longer than its message');
  return { bytes: bytes.subarray(start, start + length), end: start + length };
}

/** The messages inside a compressed one, with the offsets and the times that readers see. */
function unwrap(wrapper: Message): Message[] {
  const { offset, magic, logAppendTime, timestamp } = wrapper;
  const inner = splitPlain(plainValue(wrapper), offset).map(readMessage);
  const last = inner.at(-1);
  if (last === undefined) throw new CorruptBatchError(offset, 'a compressed message without messages in it');
  if (inner.some((one) => one.magic !== magic || one.codec !== 'none')) {
    throw new CorruptBatchError(offset, 'a compressed message with messages of another format in it');
  }
  const shift = magic === 1 ? offset - last.offset : 0n;
  let before: bigint | null = null;
  return inner.map((one) => {
    const absolute = one.offset + shift;
    if (absolute < 0n || (before !== null && absolute <= before) || last.offset - one.offset > offsetSpanMax) {
      throw new CorruptBatchError(offset, `offset ${absolute} inside a compressed message`);
    }
    before = absolute;
    return { ...one, offset: absolute, timestamp: logAppendTime ? timestamp : one.timestamp };
  });
}

/** LZ4 frames of magic 0 carry a header checksum that Kafka computed wrongly (KAFKA-3160). */
function plainValue({ offset, magic, codec, value }: Message): Buffer {
  if (value === null) throw new CorruptBatchError(offset, 'a compressed message without a value');
  try {
    return decompress(codec, magic === 0 && codec === 'lz4' ? repairLz4Header(value) : value, decompressedBytesMax);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new CorruptBatchError(offset, `${codec} messages cannot be decompressed: ${why}`);
  }
}

/** Inside a wrapper nothing is cut. */
function splitPlain(bytes: Buffer, offset: bigint): Buffer[] {
  const messages: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const rest = bytes.subarray(at);
    const length = rest.length > fieldAt.attributes ? legacyLength(rest) : 0;
    if (length <= fieldAt.attributes || length > rest.length) {
      throw new CorruptBatchError(offset, 'a message that does not fit into the compressed one around it');
    }
    messages.push(rest.subarray(0, length));
    at += length;
  }
  return messages;
}
