import { computeCrc } from './crc.ts';
import { attributeBits, bytesBeforeLengthCounts, type Codec, codecs, fieldAt } from './header.ts';
import { noProducer, type Stamp } from './restamp.ts';

const magic = 2;
const noLeaderEpoch = -1;

export interface NewHeader {
  readonly codec: Codec;
  readonly recordCount: number;
  readonly lastOffsetDelta: number;
  /** Milliseconds since 1970, both timestamps. */
  readonly baseTimestamp: bigint;
  readonly maxTimestamp: bigint;
  readonly baseOffset?: bigint;
  readonly stamp?: Stamp;
  readonly logAppendTime?: boolean;
  readonly control?: boolean;
}

/** Writes the header over the first 61 bytes of a batch whose records stand behind them, the CRC last. */
export function sealBatch(batch: Buffer, header: NewHeader): void {
  const { stamp = noProducer } = header;
  batch.writeBigInt64BE(header.baseOffset ?? 0n, fieldAt.baseOffset);
  batch.writeInt32BE(batch.length - bytesBeforeLengthCounts, fieldAt.batchLength);
  batch.writeInt32BE(noLeaderEpoch, fieldAt.leaderEpoch);
  batch.writeInt8(magic, fieldAt.magic);
  batch.writeInt16BE(attributesOf(header, stamp), fieldAt.attributes);
  batch.writeInt32BE(header.lastOffsetDelta, fieldAt.lastOffsetDelta);
  batch.writeBigInt64BE(header.baseTimestamp, fieldAt.baseTimestamp);
  batch.writeBigInt64BE(header.maxTimestamp, fieldAt.maxTimestamp);
  batch.writeBigInt64BE(stamp.producerId, fieldAt.producerId);
  batch.writeInt16BE(stamp.producerEpoch, fieldAt.producerEpoch);
  batch.writeInt32BE(stamp.baseSequence, fieldAt.baseSequence);
  batch.writeInt32BE(header.recordCount, fieldAt.recordCount);
  batch.writeUInt32BE(computeCrc(batch), fieldAt.crc);
}

function attributesOf(header: NewHeader, stamp: Stamp): number {
  return (
    codecs.indexOf(header.codec) |
    (header.logAppendTime === true ? attributeBits.logAppendTime : 0) |
    (stamp.transactional ? attributeBits.transactional : 0) |
    (header.control === true ? attributeBits.control : 0)
  );
}
