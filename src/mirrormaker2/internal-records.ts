import { int16, int32, int64, string } from './struct-bytes.ts';

/** A record of one of MirrorMaker's compacted topics. */
export interface InternalRecord {
  readonly key: Buffer;
  readonly value: Buffer;
}

/** Where a group continues on the target: `Checkpoint.java` of connect/mirror-client. */
export interface Checkpoint {
  readonly group: string;
  /** The target's. */
  readonly topic: string;
  readonly partition: number;
  readonly upstreamOffset: bigint;
  readonly downstreamOffset: bigint;
  readonly metadata: string;
}

/** A record of the source and where it stands on the target: `OffsetSync.java` of connect/mirror. */
export interface OffsetSync {
  /** The source's. */
  readonly topic: string;
  readonly partition: number;
  readonly upstreamOffset: bigint;
  readonly downstreamOffset: bigint;
}

/** `Checkpoint.VERSION`: it stands before the value; a reader of another one fails on it. */
const checkpointVersion = 0;

/** Key {group, topic, partition}; value version, {upstreamOffset, offset, metadata}. */
export function checkpointRecord(checkpoint: Checkpoint): InternalRecord {
  const { group, topic, partition, upstreamOffset, downstreamOffset, metadata } = checkpoint;
  return {
    key: Buffer.concat([string(group), string(topic), int32(partition)]),
    value: Buffer.concat([int16(checkpointVersion), int64(upstreamOffset), int64(downstreamOffset), string(metadata)]),
  };
}

/** Key {topic, partition}; value {upstreamOffset, offset}, without a version. */
export function offsetSyncRecord({ topic, partition, upstreamOffset, downstreamOffset }: OffsetSync): InternalRecord {
  return {
    key: Buffer.concat([string(topic), int32(partition)]),
    value: Buffer.concat([int64(upstreamOffset), int64(downstreamOffset)]),
  };
}
