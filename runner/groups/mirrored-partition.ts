import type { TranslationInput } from '../../src/offset-map/translate.ts';
import type { TopicPartition } from '../engines/native/ports.ts';
import type { ClusterFault } from '../kafka/cluster-fault.ts';

/** One partition of a flow on both sides, and all that a translation needs of it. */
export interface MirroredPartition {
  readonly source: TopicPartition;
  readonly target: TopicPartition;
  readonly input: TranslationInput;
  /** As in the position record. */
  readonly sourceEpoch?: number;
}

/** By `partitionKey` of the source. */
export type MirroredPartitions = ReadonlyMap<string, MirroredPartition>;

/** One that can not be read for now: a leader, on one of the sides, does not tell where its log begins and ends. */
export interface SilentPartition extends Pick<MirroredPartition, 'source' | 'target'> {
  readonly fault: ClusterFault;
}

/** A colon stands in no topic name. */
export function partitionKey(partition: TopicPartition): string {
  return `${partition.topic}:${partition.partition}`;
}
