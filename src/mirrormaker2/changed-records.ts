import type { InternalRecord } from './internal-records.ts';

/** Newest values of a compacted topic, by `recordName` of the key. */
export type StandingRecords = ReadonlyMap<string, Buffer | null>;

/** A key as a map can hold it. */
export function recordName(key: Buffer): string {
  return key.toString('latin1');
}

/**
 * Those of the records that do not stand there yet. Nothing is ever deleted: a tombstone makes `MirrorClient` fail, and
 * what stands for other groups is MirrorMaker's, or an earlier write's.
 */
export function changedRecords(
  wanted: readonly InternalRecord[],
  standing: StandingRecords,
): readonly InternalRecord[] {
  return wanted.filter(({ key, value }) => standing.get(recordName(key))?.equals(value) !== true);
}
