import type { CommittedPosition, Unread } from '../../src/cluster/progress.ts';
import type { ClusterClient } from './cluster-client.ts';
import { ClusterFault } from './cluster-fault.ts';
import { committedOfEach } from './committed-of-each.ts';
import { fetchesTogether, fetchOffsets } from './offset-fetch.ts';
import { retryLimits } from './retry.ts';

export interface ReadCommits {
  /** A group that was not read is absent. */
  readonly commits: ReadonlyMap<string, readonly CommittedPosition[]>;
  readonly unread: readonly Unread[];
}

interface ReadGroup {
  readonly group: string;
  readonly error: string | null;
  readonly positions: readonly CommittedPosition[];
}

/**
 * What these groups have committed in these topics, many groups a request (before Kafka 3.0 one by one). Pending transactions are not waited for: nothing is decided by it.
 */
export async function readCommits(
  client: ClusterClient,
  groups: readonly string[],
  topics: ReadonlySet<string>,
): Promise<ReadCommits> {
  if (groups.length === 0) return { commits: new Map(), unread: [] };
  const read = (await fetchesTogether(client))
    ? await readTogether(client, groups)
    : await readOneByOne(client, groups);
  const wanted = read
    .filter((one) => one.error === null)
    .map(({ group, positions }) => [group, positions.filter(({ topic }) => topics.has(topic))] as const);
  const failed = Map.groupBy(
    read.filter((one) => one.error !== null),
    (one) => one.error ?? '',
  );
  const unread = [...failed].map(([error, some]): Unread => {
    return { what: 'group offsets', error, groups: some.map(({ group }) => group) };
  });
  return { commits: new Map(wanted), unread };
}

async function readTogether(client: ClusterClient, groups: readonly string[]): Promise<readonly ReadGroup[]> {
  const fetched = await fetchOffsets(client, groups, { requireStable: false, limits: retryLimits.request });
  return fetched.map(({ group, fault, topics }) => ({
    group,
    error: fault?.errorName ?? null,
    positions: topics.flatMap(({ name, partitions }) =>
      partitions.flatMap(({ partitionIndex, committedOffset }) =>
        committedOffset < 0n ? [] : [{ topic: name, partition: partitionIndex, offset: committedOffset }],
      ),
    ),
  }));
}

async function readOneByOne(client: ClusterClient, groups: readonly string[]): Promise<readonly ReadGroup[]> {
  const read = await committedOfEach(client, groups, retryLimits.request, false);
  return [...read].map(([group, one]) =>
    one instanceof ClusterFault
      ? { group, error: one.errorName, positions: [] }
      : { group, error: null, positions: one },
  );
}
