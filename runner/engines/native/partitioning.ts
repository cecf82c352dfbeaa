import type { PositionRecord } from '../../../src/state/records.ts';
import type { MirrorPlace } from './flow-context.ts';
import { type Loss, loss, partitionName } from './losses.ts';

/** Records of the partition went elsewhere before, as its position tells: going on, a key would stand in two partitions. */
export function otherPartitioning(place: MirrorPlace, position: PositionRecord): Loss | null {
  const before = position.byKey;
  const now = place.byKey;
  if (before?.hash === now?.hash && before?.partitions === now?.partitions) return null;
  const words = (one: MirrorPlace['byKey']) =>
    one === undefined ? 'by their partition number' : `by ${one.hash} of their keys to ${one.partitions} partitions`;
  return loss('partitioning', place, {
    summary: `Records of ${partitionName(place.source)} went to ${place.target.topic} ${words(before)}, and should now go ${words(now)}.`,
  });
}
