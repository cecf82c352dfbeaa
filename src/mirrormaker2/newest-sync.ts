import type { Segment } from '../offset-map/segment.ts';

/**
 * The one pair of offsets that MirrorMaker may translate by: that of the last record that is mirrored, or null where none
 * is. MirrorMaker takes an offset above it to be at least one record further (`OffsetSyncStore.translateDownstream`):
 *
 *   source | r99 | m100 | r101 ...      sync 99 -> 49: 100 and 102 become 50, where r101 stands or will stand
 *   target | r49 | r50 ...              sync 100 -> 50 (the position): 101 would become 51, and r101 be skipped
 *
 * May re-read; must never skip. One a partition, since the topic is compacted by partition.
 */
export function newestSync(segments: readonly Segment[]): { readonly source: bigint; readonly target: bigint } | null {
  const last = segments.at(-1);
  if (last === undefined) return null;
  return { source: last.source + last.length - 1n, target: last.target + last.length - 1n };
}
