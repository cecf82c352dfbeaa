import pMap from 'p-map';
import type { CommittedOffset } from '../ports.ts';
import type { ClusterClient } from './cluster-client.ts';
import { afterAttempts, ClusterFault } from './cluster-fault.ts';
import {
  type FetchedGroup,
  faultOf,
  fetchesTogether,
  fetchGroup,
  fetchOffsets,
  groupsInFlightMax,
} from './offset-fetch.ts';
import { type RetryLimits, retryLimits, withRetry } from './retry.ts';

type Read = readonly CommittedOffset[] | ClusterFault;

/**
 * OffsetFetch of all partitions, unless told otherwise with require_stable, group by group: commits, or why they can not be read. Groups whose
 * fault passes (UNSTABLE_OFFSET_COMMIT until a transaction ends, a coordinator that is away) are asked again, all of them
 * together, so that the limits are those of the whole call. A partition whose very first commit is still in a transaction is
 * no partition of the group yet (so Kafka answers). Throws where not even a coordinator can be asked for.
 */
export async function committedOfEach(
  client: ClusterClient,
  groups: readonly string[],
  limits: RetryLimits,
  requireStable = true,
): Promise<ReadonlyMap<string, Read>> {
  const { clock } = client.world;
  const found = new Map<string, Read>();
  const startMs = clock.nowMs();
  let left = groups;
  let count = 0;
  const attempt = async () => {
    for (const one of await readOnce(client, left, requireStable))
      found.set(one.group, one.fault ?? one.topics.flatMap(commitsOf));
    count += 1;
    left = left.filter((group) => passingFault(found.get(group)) !== undefined);
    const faults = left.flatMap((group) => passingFault(found.get(group)) ?? []);
    const slowest = faults.find((one) => one.retry === 'later') ?? faults[0];
    if (slowest !== undefined) throw slowest;
  };
  await withRetry(limits, client.world, attempt).catch((error: unknown) => {
    if (!(error instanceof ClusterFault) || left.some((group) => !found.has(group))) throw error;
  });
  const attempts = { count, elapsedMs: clock.nowMs() - startMs };
  for (const group of left) {
    const fault = passingFault(found.get(group));
    if (fault !== undefined) found.set(group, afterAttempts(fault, attempts));
  }
  return found;
}

async function readOnce(
  client: ClusterClient,
  groups: readonly string[],
  requireStable: boolean,
): Promise<readonly FetchedGroup[]> {
  const once = { requireStable, limits: retryLimits.none };
  if (groups.length > 1 && (await fetchesTogether(client))) return fetchOffsets(client, groups, once);
  const readOne = async (group: string): Promise<FetchedGroup> =>
    fetchGroup(client, group, once).catch((error: unknown) => ({ group, fault: faultOf(error), topics: [] }));
  return pMap(groups, readOne, { concurrency: groupsInFlightMax });
}

function passingFault(read: Read | undefined): ClusterFault | undefined {
  return read instanceof ClusterFault && read.retriable ? read : undefined;
}

function commitsOf({ name, partitions }: FetchedGroup['topics'][number]): CommittedOffset[] {
  return partitions.flatMap(({ partitionIndex, committedOffset, committedLeaderEpoch, metadata }) =>
    committedOffset < 0n
      ? []
      : [
          {
            topic: name,
            partition: partitionIndex,
            offset: committedOffset,
            metadata: metadata ?? null,
            leaderEpoch: committedLeaderEpoch,
          },
        ],
  );
}
