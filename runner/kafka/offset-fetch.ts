import { findCoordinatorV4, offsetFetchV7, offsetFetchV8, offsetFetchV9 } from '@platformatic/kafka';
import pMap from 'p-map';
import { brokerFault } from './broker-fault.ts';
import { type AnswerPlace, type ClusterClient, purposes } from './cluster-client.ts';
import { ClusterFault } from './cluster-fault.ts';
import { answerOf, type Candidate, candidate, type Request } from './connection.ts';
import { errorName } from './error-table.ts';
import type { RetryLimits } from './retry.ts';

type AnsweredGroup = offsetFetchV9.OffsetFetchResponse['groups'][number];

/** What one group answered; with a fault no topics, or not all of them. */
export interface FetchedGroup {
  readonly group: string;
  readonly fault: ClusterFault | null;
  readonly topics: AnsweredGroup['topics'];
}

export interface OffsetFetching {
  /** A group with a transaction pending on it answers UNSTABLE_OFFSET_COMMIT (KIP-447). */
  readonly requireStable: boolean;
  /** Of each coordinator's request. */
  readonly limits: RetryLimits;
}

/** Groups a request: an answer has every partition that each of them ever committed. */
const groupsPerRequest = 100;
const requestsInFlightMax = 8;

/** Groups asked for one by one at a time; each goes to its own coordinator. */
export const groupsInFlightMax = 8;

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
  how: OffsetFetching,
): Promise<readonly FetchedGroup[]> {
  const batches = Array.from({ length: Math.ceil(groups.length / groupsPerRequest) }, (_, index) =>
    groups.slice(index * groupsPerRequest, (index + 1) * groupsPerRequest),
  );
  const read = await pMap(batches, (batch) => fetchBatch(client, batch, how), { concurrency: requestsInFlightMax });
  return read.flat();
}

/** Each coordinator is asked for its share. One that does not answer leaves its groups unread. */
async function fetchBatch(
  client: ClusterClient,
  groups: readonly string[],
  how: OffsetFetching,
): Promise<readonly FetchedGroup[]> {
  const { coordinators, place } = await client.ask({ to: 'any' }, coordinatorsRequest(groups), (answer, place) => {
    return { coordinators: answer.coordinators, place };
  });
  const refused = coordinators.flatMap(({ key, errorCode }) => {
    const error = errorName(errorCode);
    return error === null ? [] : [unfetched(key, brokerFault(place, { errorName: error, resource: key }))];
  });
  const byCoordinator = Map.groupBy(
    coordinators.filter((one) => one.errorCode === 0),
    (one) => one.nodeId,
  );
  const shares = [...byCoordinator].map(async ([id, share]) => {
    const names = share.map(({ key }) => key);
    const target = { to: 'broker', id, purpose: purposes.coordinator } as const;
    const read = client.ask(
      target,
      offsetsRequest(names, how.requireStable),
      (answer, place) => answer.groups.map((one) => fetched(one, place)),
      how.limits,
    );
    return read.catch((error: unknown) => names.map((name) => unfetched(name, faultOf(error))));
  });
  const answered = [...refused, ...(await Promise.all(shares)).flat()];
  const known = new Set(answered.map((one) => one.group));
  const unanswered = groups
    .filter((group) => !known.has(group))
    .map((group) => unfetched(group, noAnswer(place, group)));
  return [...answered, ...unanswered];
}

/** One group, by any version; asked again within the limits where what it answers passes. Throws its fault. */
export async function fetchGroup(
  client: ClusterClient,
  group: string,
  { requireStable, limits }: OffsetFetching,
): Promise<FetchedGroup> {
  const together = offsetsRequest([group], requireStable);
  const old = candidate(offsetFetchV7.api, wantedOf([group]), requireStable);
  const request = { ...together, resource: group, candidates: [...together.candidates, single(group, old)] };
  return client.ask(
    { to: 'coordinator', kind: 'group', key: group },
    request,
    (answer, place) => {
      const [found] = answer.groups;
      const read = found === undefined ? unfetched(group, noAnswer(place, group)) : fetched(found, place);
      if (read.fault !== null) throw read.fault;
      return read;
    },
    limits,
  );
}

/** OffsetFetch v7 (Kafka 2.5 to 2.8) answers for one group, without its name. */
function single(
  group: string,
  old: Candidate<offsetFetchV7.OffsetFetchResponse>,
): Candidate<offsetFetchV9.OffsetFetchResponse> {
  return {
    apiKey: old.apiKey,
    version: old.version,
    async send(connection) {
      const { throttleTimeMs, topics, errorCode } = await old.send(connection).catch((error: unknown) => {
        const answer = answerOf<offsetFetchV7.OffsetFetchResponse>(error);
        if (answer === undefined) throw error;
        return answer;
      });
      return { throttleTimeMs, groups: [{ groupId: group, topics, errorCode }] };
    },
  };
}

function coordinatorsRequest(groups: readonly string[]): Request<findCoordinatorV4.FindCoordinatorResponse> {
  const candidates = [candidate(findCoordinatorV4.api, groupKeyType, [...groups])];
  return { name: 'FindCoordinator', tolerant: true, candidates };
}

function offsetsRequest(groups: readonly string[], requireStable: boolean): Request<offsetFetchV9.OffsetFetchResponse> {
  const wanted = wantedOf(groups);
  return {
    name: 'OffsetFetch',
    tolerant: true,
    candidates: [
      candidate(offsetFetchV9.api, wanted, requireStable),
      candidate(offsetFetchV8.api, wanted, requireStable),
    ],
  };
}

function wantedOf(groups: readonly string[]) {
  return groups.map((groupId) => ({ groupId, memberId: null, memberEpoch: -1, topics: null }));
}

/** A group that is not there has no commits; an error of one partition is the group's. */
function fetched({ groupId: group, errorCode, topics }: AnsweredGroup, place: AnswerPlace): FetchedGroup {
  const ofGroup = errorName(errorCode);
  if (ofGroup === 'GROUP_ID_NOT_FOUND') return { group, fault: null, topics: [] };
  const ofPartition = topics.flatMap((topic) => topic.partitions.map((one) => errorName(one.errorCode)));
  const error = ofGroup ?? ofPartition.find((one) => one !== null) ?? null;
  return { group, fault: error === null ? null : brokerFault(place, { errorName: error, resource: group }), topics };
}

function unfetched(group: string, fault: ClusterFault): FetchedGroup {
  return { group, fault, topics: [] };
}

/** No answer is never "no commit". */
function noAnswer(place: AnswerPlace, group: string): ClusterFault {
  return brokerFault(place, {
    errorName: 'UNKNOWN_SERVER_ERROR',
    resource: group,
    message: 'nothing about this group',
  });
}

/** Anything but a cluster's fault is a bug and goes on its way. */
export function faultOf(error: unknown): ClusterFault {
  if (!(error instanceof ClusterFault)) throw error;
  return error;
}
