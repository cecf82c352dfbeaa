import { coveredHeaderBytes, crcFrom, patchCrc } from './crc.ts';
import { attributeBits, fieldAt, headerBytes } from './header.ts';

/** What makes a batch ours. Without a producer: producerId -1n, producerEpoch -1, baseSequence -1, not transactional. */
export interface Stamp {
  readonly producerId: bigint;
  readonly producerEpoch: number;
  /** The sequence of the batch's first record, 0 to 2^31 - 1. */
  readonly baseSequence: number;
  readonly transactional: boolean;
}

/** The stamp of a batch that is produced outside any producer's identity. */
export const noProducer: Stamp = { producerId: -1n, producerEpoch: -1, baseSequence: -1, transactional: false };

/** `RecordBatch.NO_PARTITION_LEADER_EPOCH`; the broker writes its own. */
const noLeaderEpoch = -1;

const sequenceMask = 0x7fffffff;

const difference = Buffer.alloc(coveredHeaderBytes);

/**
 * Makes a fetched batch one to produce, in place: base offset 0, the stamp, no control and no delete horizon bit. Codec,
 * timestamps and records stay. The CRC is patched, not computed, so the target still refuses what was damaged on the way.
 */
export function restamp(batch: Buffer, stamp: Stamp): void {
  batch.copy(difference, 0, crcFrom, headerBytes);
  const attributes = batch.readInt16BE(fieldAt.attributes);
  const kept = attributes & ~(attributeBits.transactional | attributeBits.control | attributeBits.deleteHorizon);
  batch.writeInt16BE(stamp.transactional ? kept | attributeBits.transactional : kept, fieldAt.attributes);
  batch.writeBigInt64BE(stamp.producerId, fieldAt.producerId);
  batch.writeInt16BE(stamp.producerEpoch, fieldAt.producerEpoch);
  batch.writeInt32BE(stamp.baseSequence, fieldAt.baseSequence);
  for (let i = 0; i < coveredHeaderBytes; i += 1) {
    difference[i] = (difference[i] ?? 0) ^ (batch[crcFrom + i] ?? 0);
  }
  const crc = patchCrc(batch.readUInt32BE(fieldAt.crc), difference, batch.length - headerBytes);
  batch.writeUInt32BE(crc, fieldAt.crc);
  batch.writeBigInt64BE(0n, fieldAt.baseOffset);
  batch.writeInt32BE(noLeaderEpoch, fieldAt.leaderEpoch);
}

/** Sequences count records and go on with 0 after 2^31 - 1 (`DefaultRecordBatch.incrementSequence`). */
export function nextSequence(baseSequence: number, recordCount: number): number {
  return (baseSequence + recordCount) & sequenceMask;
}
