import { type ReadGroups, readEachGroup } from '../groups/read-each-group.ts';
import { roundPatience } from '../groups/rounds.ts';
import type { ClusterFault } from '../kafka/cluster-fault.ts';
import { retryLimits } from '../kafka/retry.ts';
import type { GroupReader } from '../ports.ts';
import type { AskedOffset } from './asked-offset.ts';

export interface CommittedByGroups {
  /** In the order of groups, topics, partitions. */
  readonly asked: readonly AskedOffset[];
  /** Groups that can not be read: what they committed is not known. */
  readonly unread: ReadonlyMap<string, ClusterFault>;
}

/** What the groups committed in these partitions (how many there are, by topic). */
export async function committedByGroups(
  reader: GroupReader,
  groups: readonly string[],
  partitionsOf: ReadonlyMap<string, number>,
): Promise<CommittedByGroups> {
  const { commits, faults } = await readPatiently(reader, groups);
  const asked = groups.flatMap((group) =>
    (commits.get(group) ?? [])
      .filter((one) => one.partition < (partitionsOf.get(one.topic) ?? 0))
      .toSorted(byPlace)
      .map((one) => ({ group, ...one })),
  );
  return { asked, unread: faults };
}

/** Transactions are waited for as a round waits for them; coordinators that are away for longer. */
async function readPatiently(reader: GroupReader, groups: readonly string[]): Promise<ReadGroups> {
  const read = await readEachGroup(reader, groups, roundPatience(true));
  const away = [...read.faults].flatMap(([group, fault]) => (fault.retry === 'later' ? [group] : []));
  const again = await readEachGroup(reader, away, retryLimits.request);
  const faults = [...read.faults].filter(([group]) => !away.includes(group));
  return {
    commits: new Map([...read.commits, ...again.commits]),
    faults: new Map([...faults, ...again.faults]),
  };
}

function byPlace(left: AskedOffset, right: AskedOffset): number {
  if (left.topic !== right.topic) return left.topic < right.topic ? -1 : 1;
  return left.partition - right.partition;
}
