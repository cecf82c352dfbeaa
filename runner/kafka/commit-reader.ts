import { findCoordinatorV4, offsetFetchV8, offsetFetchV9 } from '@platformatic/kafka';
import pMap from 'p-map';
import type { CommittedPosition, Unread } from '../../src/cluster/progress.ts';
import { type ClusterClient, purposes } from './cluster-client.ts';
import { ClusterFault } from './cluster-fault.ts';
import { candidate, type Request } from './connection.ts';
import { errorName } from './error-table.ts';
import { groupsInFlightMax, openGroupReader } from './group-reader.ts';

/** Groups a request: an answer has every partition that each of them ever committed. */
const groupsPerRequest = 100;

const findCoordinatorKey = 10;
const groupKeyType = 0;

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
 * What these groups have committed in these topics, many groups a request (FindCoordinator v4 and OffsetFetch v8, Kafka
 * 3.0; before that one by one). Pending transactions are not waited for: nothing is decided by it.
 */
export async function readCommits(
  client: ClusterClient,
  groups: readonly string[],
  topics: ReadonlySet<string>,
): Promise<ReadCommits> {
  if (groups.length === 0) return { commits: new Map(), unread: [] };
  const { versions } = await client.abilities();
  const canBatch = (versions.get(findCoordinatorKey)?.max ?? 0) >= findCoordinatorV4.api.version;
  const read = canBatch ? await readBatches(client, groups) : await readOneByOne(client, groups);
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

async function readBatches(client: ClusterClient, groups: readonly string[]): Promise<readonly ReadGroup[]> {
  const batches = Array.from({ length: Math.ceil(groups.length / groupsPerRequest) }, (_, index) =>
    groups.slice(index * groupsPerRequest, (index + 1) * groupsPerRequest),
  );
  const read = await pMap(batches, (batch) => readBatch(client, batch), { concurrency: groupsInFlightMax });
  return read.flat();
}

/** Each coordinator is asked for its share. One that does not answer leaves its groups unread. */
async function readBatch(client: ClusterClient, groups: readonly string[]): Promise<readonly ReadGroup[]> {
  const coordinators = await client.ask({ to: 'any' }, coordinatorsRequest(groups), (answer) => answer.coordinators);
  const refused = coordinators.flatMap(({ key, errorCode }) => {
    const error = errorName(errorCode);
    return error === null ? [] : [unreadGroup(key, error)];
  });
  const byCoordinator = Map.groupBy(
    coordinators.filter((one) => one.errorCode === 0),
    (one) => one.nodeId,
  );
  const shares = [...byCoordinator].map(async ([id, share]) => {
    const names = share.map(({ key }) => key);
    const target = { to: 'broker', id, purpose: purposes.coordinator } as const;
    const read = client.ask(target, offsetsRequest(names), (answer) => answer.groups.map(groupOfAnswer));
    return read.catch((fault: unknown) => names.map((name) => unreadGroup(name, errorOf(fault))));
  });
  return [...refused, ...(await Promise.all(shares)).flat()];
}

function coordinatorsRequest(groups: readonly string[]): Request<findCoordinatorV4.FindCoordinatorResponse> {
  const candidates = [candidate(findCoordinatorV4.api, groupKeyType, [...groups])];
  return { name: 'FindCoordinator', tolerant: true, candidates };
}

function offsetsRequest(groups: readonly string[]): Request<offsetFetchV9.OffsetFetchResponse> {
  const wanted = groups.map((groupId) => ({ groupId, memberId: null, memberEpoch: -1, topics: null }));
  const isStable = false;
  return {
    name: 'OffsetFetch',
    tolerant: true,
    candidates: [candidate(offsetFetchV9.api, wanted, isStable), candidate(offsetFetchV8.api, wanted, isStable)],
  };
}

/** A partition with an error of its own has no position here. */
function groupOfAnswer({ groupId, errorCode, topics }: offsetFetchV9.OffsetFetchResponse['groups'][number]): ReadGroup {
  const positions = topics.flatMap(({ name, partitions }) =>
    partitions.flatMap(({ partitionIndex, committedOffset }) =>
      committedOffset < 0n ? [] : [{ topic: name, partition: partitionIndex, offset: committedOffset }],
    ),
  );
  return { group: groupId, error: errorName(errorCode), positions };
}

async function readOneByOne(client: ClusterClient, groups: readonly string[]): Promise<readonly ReadGroup[]> {
  const reader = openGroupReader(client);
  const readOne = async (group: string): Promise<ReadGroup> => {
    try {
      return { group, error: null, positions: (await reader.committedOffsets([group])).get(group) ?? [] };
    } catch (fault) {
      return unreadGroup(group, errorOf(fault));
    }
  };
  return pMap(groups, readOne, { concurrency: groupsInFlightMax });
}

function unreadGroup(group: string, error: string): ReadGroup {
  return { group, error, positions: [] };
}

/** Anything but a cluster's fault is a bug and goes on its way. */
function errorOf(fault: unknown): string {
  if (!(fault instanceof ClusterFault)) throw fault;
  return fault.errorName;
}
