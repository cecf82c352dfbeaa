import { ClusterFault } from '../kafka/cluster-fault.ts';
import type { RetryLimits } from '../kafka/retry.ts';
import type { CommittedOffset, GroupReader } from '../ports.ts';

/** Each group is in one of them: a group that could not be asked is never one without commits. */
export interface ReadGroups {
  readonly commits: ReadonlyMap<string, readonly CommittedOffset[]>;
  readonly faults: ReadonlyMap<string, ClusterFault>;
}

export async function readEachGroup(
  reader: GroupReader,
  groups: readonly string[],
  limits: RetryLimits,
): Promise<ReadGroups> {
  const commits = new Map<string, readonly CommittedOffset[]>();
  const faults = new Map<string, ClusterFault>();
  const read = groups.length === 0 ? new Map() : await reader.committedOfEach(groups, limits);
  for (const group of groups) {
    const one = read.get(group);
    if (one === undefined) throw new Error(`nothing was read of group ${group}`);
    if (one instanceof ClusterFault) faults.set(group, one);
    else commits.set(group, one);
  }
  return { commits, faults };
}
