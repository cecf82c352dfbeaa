import type { KeyHash } from './migration.ts';

/** Records go to so many partitions by the hash of their keys. */
export interface ByKeyPlaces {
  readonly hash: KeyHash;
  readonly partitions: number;
}

/**
 * How records were placed and should now be, as the rest of a sentence: going on, a key would stand in two partitions. Null
 * where both are the same; undefined is each to the partition of the source's number.
 */
export function otherPlaces(before: ByKeyPlaces | undefined, now: ByKeyPlaces | undefined): string | null {
  if (before?.hash === now?.hash && before?.partitions === now?.partitions) return null;
  return `${words(before)}, and should now go ${words(now)}`;
}

function words(one: ByKeyPlaces | undefined): string {
  if (one === undefined) return 'by their partition number';
  return `by ${one.hash} of their keys to ${one.partitions} partitions`;
}
