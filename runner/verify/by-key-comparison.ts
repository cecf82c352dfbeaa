import type { KeyDifference } from './judge-key.ts';

/** A topic whose records go by key is compared as a whole. */
export type ByKeyComparison = WholeByKeyComparison | CompactedByKeyComparison;

interface Compared {
  readonly source: string;
  readonly target: string;
  /** At the source; of a compacted topic pairs of records. */
  readonly records: bigint;
  readonly sourceDigest: string;
  readonly targetDigest: string;
  /** Retention deleted some of it meanwhile: what differs may be that. */
  readonly overtaken: boolean;
}

/** No cleaner is at work: target partitions are compared by their contents. */
export interface WholeByKeyComparison extends Compared {
  readonly kind: 'whole';
  /** Target partitions that hold other records than their keys' source partitions do, or another number of times. */
  readonly differing: readonly { readonly partition: number; readonly wanted: number; readonly found: number }[];
  /** Keys whose records stand in another order. */
  readonly keysOutOfOrder: number;
  /** Of all keys, the share whose order was looked at. */
  readonly orderShare: number;
}

/** A cleaner may be at work on one side at least: compared key by key. */
export interface CompactedByKeyComparison extends Compared {
  readonly kind: 'compacted';
  /** Records of one side that a cleaner took on the other. */
  readonly cleaned: bigint;
  /** Records of which nobody can tell whether a cleaner took their counterpart. */
  readonly unproven: bigint;
  /** Keys that differ, by what is the matter with the first record that does. */
  readonly kinds: Readonly<Record<KeyDifference['kind'], number>>;
  /** Some of them. */
  readonly differences: readonly KeyDifference[];
  /** Of all keys, the share that was compared. */
  readonly keyShare: number;
}

/** Whether nothing of the topic differs. */
export function isEqualByKey(one: ByKeyComparison): boolean {
  return differencesByKey(one) === 0;
}

/** Target partitions and keys that differ. */
export function differencesByKey(one: ByKeyComparison): number {
  if (one.kind === 'whole') return one.differing.length + one.keysOutOfOrder;
  return Object.values(one.kinds).reduce((sum, count) => sum + count, 0);
}
