import { otherPlaces } from '../../../src/migration/partitioning.ts';
import type { PositionRecord } from '../../../src/state/records.ts';
import type { MirrorPlace } from './flow-context.ts';
import { type Loss, loss, partitionName } from './losses.ts';

/** Records of the partition went elsewhere before, as its position tells: going on, a key would stand in two partitions. */
export function otherPartitioning(place: MirrorPlace, position: PositionRecord): Loss | null {
  const other = otherPlaces(position.byKey, place.byKey);
  if (other === null) return null;
  const summary = `Records of ${partitionName(place.source)} went to ${place.target.topic} ${other}.`;
  return loss('partitioning', place, { summary });
}
