import { findCoordinatorV4, offsetFetchV8, offsetFetchV9 } from '@platformatic/kafka';
import pMap from 'p-map';
import { type ClusterClient, purposes } from './cluster-client.ts';
import { ClusterFault } from './cluster-fault.ts';
import { candidate, type Request } from './connection.ts';
import { errorName } from './error-table.ts';

/** What one group answered; with an error no topics, or those that had none. */
export interface FetchedGroup {
  readonly group: string;
  readonly error: string | null;
  readonly topics: offsetFetchV9.OffsetFetchResponse['groups'][number]['topics'];
}

/** Groups a request: an answer has every partition that each of them ever committed. */
const groupsPerRequest = 100;
const requestsInFlightMax = 8;

const findCoordinatorKey = 10;
const groupKeyType = 0;

/** Whether brokers answer for many groups at once: FindCoordinator v4 and OffsetFetch v8, Kafka 3.0. */
export async function fetchesTogether(client: ClusterClient): Promise<boolean> {
  const { versions } = await client.abilities();
  return (versions.get(findCoordinatorKey)?.max ?? 0) >= findCoordinatorV4.api.version;
}

/** All that these groups have committed, many groups a request. What failed is told group by group and not asked again. */
export async function fetchOffsets(
  client: ClusterClient,
  groups: readonly string[],
  requireStable: boolean,
): Promise<readonly FetchedGroup[]> {
  const batches = Array.from({ length: Math.ceil(groups.length / groupsPerRequest) }, (_, index) =>
    groups.slice(index * groupsPerRequest, (index + 1) * groupsPerRequest),
  );
  const read = await pMap(batches, (batch) => fetchBatch(client, batch, requireStable), {
    concurrency: requestsInFlightMax,
  });
  return read.flat();
}

/** Each coordinator is asked for its share. One that does not answer leaves its groups unread. */
async function fetchBatch(
  client: ClusterClient,
  groups: readonly string[],
  requireStable: boolean,
): Promise<readonly FetchedGroup[]> {
  const coordinators = await client.ask({ to: 'any' }, coordinatorsRequest(groups), (answer) => answer.coordinators);
  const refused = coordinators.flatMap(({ key, errorCode }) => {
    const error = errorName(errorCode);
    return error === null ? [] : [unfetched(key, error)];
  });
  const byCoordinator = Map.groupBy(
    coordinators.filter((one) => one.errorCode === 0),
    (one) => one.nodeId,
  );
  const shares = [...byCoordinator].map(async ([id, share]) => {
    const names = share.map(({ key }) => key);
    const target = { to: 'broker', id, purpose: purposes.coordinator } as const;
    const read = client.ask(target, offsetsRequest(names, requireStable), (answer) =>
      answer.groups.map(({ groupId, errorCode, topics }) => ({
        group: groupId,
        error: errorName(errorCode),
        topics,
      })),
    );
    return read.catch((fault: unknown) => names.map((name) => unfetched(name, faultName(fault))));
  });
  return [...refused, ...(await Promise.all(shares)).flat()];
}

function coordinatorsRequest(groups: readonly string[]): Request<findCoordinatorV4.FindCoordinatorResponse> {
  const candidates = [candidate(findCoordinatorV4.api, groupKeyType, [...groups])];
  return { name: 'FindCoordinator', tolerant: true, candidates };
}

function offsetsRequest(groups: readonly string[], requireStable: boolean): Request<offsetFetchV9.OffsetFetchResponse> {
  const wanted = groups.map((groupId) => ({ groupId, memberId: null, memberEpoch: -1, topics: null }));
  return {
    name: 'OffsetFetch',
    tolerant: true,
    candidates: [
      candidate(offsetFetchV9.api, wanted, requireStable),
      candidate(offsetFetchV8.api, wanted, requireStable),
    ],
  };
}

function unfetched(group: string, error: string): FetchedGroup {
  return { group, error, topics: [] };
}

/** Anything but a cluster's fault is a bug and goes on its way. */
export function faultName(fault: unknown): string {
  if (!(fault instanceof ClusterFault)) throw fault;
  return fault.errorName;
}
