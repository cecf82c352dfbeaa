import type { GroupReader } from '../ports.ts';
import type { AskedOffset } from './asked-offset.ts';

/** What the groups committed in these partitions (how many there are, by topic), in the order of groups, topics, partitions. */
export async function committedByGroups(
  reader: GroupReader,
  groups: readonly string[],
  partitionsOf: ReadonlyMap<string, number>,
): Promise<readonly AskedOffset[]> {
  const committed = await reader.committedOffsets(groups);
  return groups.flatMap((group) =>
    (committed.get(group) ?? [])
      .filter((one) => one.partition < (partitionsOf.get(one.topic) ?? 0))
      .toSorted(byPlace)
      .map((one) => ({ group, ...one })),
  );
}

function byPlace(left: AskedOffset, right: AskedOffset): number {
  if (left.topic !== right.topic) return left.topic < right.topic ? -1 : 1;
  return left.partition - right.partition;
}
