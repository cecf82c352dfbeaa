import {
  consumerGroupDescribeV0,
  describeGroupsV5,
  offsetFetchV7,
  offsetFetchV8,
  offsetFetchV9,
} from '@platformatic/kafka';
import pMap from 'p-map';
import type { CommittedOffset, GroupDescription, GroupReader } from '../ports.ts';
import { brokerFault } from './broker-fault.ts';
import type { AnswerPlace, ClusterClient } from './cluster-client.ts';
import { answerOf, type Candidate, candidate, type Request } from './connection.ts';
import { errorName } from './error-table.ts';
import { type FetchedGroup, fetchesTogether, fetchOffsets } from './offset-fetch.ts';
import { offsetsRetentionMs } from './offsets-retention.ts';

/** Groups asked for at one time; each goes to its own coordinator. */
export const groupsInFlightMax = 8;

const consumerGroupDescribeKey = 69;

/** Classic and KIP-848 groups. Throws a ClusterFault; a group that is not there is `Dead` and has no offsets. */
export function openGroupReader(client: ClusterClient): GroupReader {
  return {
    async describeGroups(groups) {
      const described = await pMap(groups, (group) => describeGroup(client, group), { concurrency: groupsInFlightMax });
      return new Map(described.map((one) => [one.group, one]));
    },
    async committedOffsets(groups) {
      const together = await committedTogether(client, groups);
      const left = groups.filter((group) => !together.has(group));
      const offsets = await pMap(left, (group) => committedOffsets(client, group), { concurrency: groupsInFlightMax });
      return new Map([...together, ...left.map((group, index) => [group, offsets[index] ?? []] as const)]);
    },
    offsetsRetentionMs: () => offsetsRetentionMs(client),
  };
}

/** Many groups a request; one with an error, or with a transaction pending on it, is absent: it is asked by itself then. */
async function committedTogether(
  client: ClusterClient,
  groups: readonly string[],
): Promise<ReadonlyMap<string, readonly CommittedOffset[]>> {
  if (groups.length < 2 || !(await fetchesTogether(client))) return new Map();
  const fetched = await fetchOffsets(client, groups, true);
  const whole = fetched.filter(
    ({ error, topics }) =>
      error === null && topics.every((topic) => topic.partitions.every((one) => one.errorCode === 0)),
  );
  return new Map(whole.map(({ group, topics }) => [group, topics.flatMap(commitsOf)]));
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

/** DescribeGroups calls a group of the new protocol (KIP-848) `Dead`: then ConsumerGroupDescribe is asked. */
async function describeGroup(client: ClusterClient, group: string): Promise<GroupDescription> {
  const classic = await describeClassic(client, group);
  if (classic.state !== 'Dead') return classic;
  const { versions } = await client.abilities();
  return versions.has(consumerGroupDescribeKey) ? await describeConsumer(client, group, classic) : classic;
}

async function describeClassic(client: ClusterClient, group: string): Promise<GroupDescription> {
  const request: Request<describeGroupsV5.DescribeGroupsResponse> = {
    name: 'DescribeGroups',
    resource: group,
    tolerant: true,
    candidates: [candidate(describeGroupsV5.api, [group], false)],
  };
  return client.ask(coordinatorOf(group), request, (answer, place) => {
    const [found] = answer.groups;
    if (found === undefined) return dead(group);
    const error = errorName(found.errorCode);
    if (error === 'GROUP_ID_NOT_FOUND') return dead(group);
    if (error !== null) throw brokerFault(place, { errorName: error, resource: group });
    const { groupState: state, members, protocolType } = found;
    return { group, type: 'classic', state, members: members.map(member), hadMembers: protocolType !== '' };
  });
}

async function describeConsumer(
  client: ClusterClient,
  group: string,
  otherwise: GroupDescription,
): Promise<GroupDescription> {
  const request: Request<consumerGroupDescribeV0.ConsumerGroupDescribeResponse> = {
    name: 'ConsumerGroupDescribe',
    resource: group,
    tolerant: true,
    candidates: [candidate(consumerGroupDescribeV0.api, [group], false)],
  };
  return client.ask(coordinatorOf(group), request, (answer, place) => {
    const [found] = answer.groups;
    const error = found === undefined ? null : errorName(found.errorCode);
    if (found === undefined || error === 'GROUP_ID_NOT_FOUND' || error === 'UNSUPPORTED_VERSION') return otherwise;
    if (error !== null) throw brokerFault(place, { errorName: error, message: found.errorMessage, resource: group });
    return { group, type: 'consumer', state: found.groupState, members: found.members.map(member), hadMembers: true };
  });
}

function member(one: { readonly memberId: string; readonly clientId: string; readonly clientHost: string }) {
  return { memberId: one.memberId, clientId: one.clientId, host: one.clientHost };
}

function dead(group: string): GroupDescription {
  return { group, type: 'classic', state: 'Dead', members: [], hadMembers: false };
}

/**
 * OffsetFetch of all partitions with require_stable: UNSTABLE_OFFSET_COMMIT is asked again until the transaction ends. A
 * partition whose very first commit is still in a transaction is no partition of the group yet (so Kafka answers).
 */
async function committedOffsets(client: ClusterClient, group: string): Promise<CommittedOffset[]> {
  const wanted = [{ groupId: group, memberId: null, memberEpoch: -1, topics: null }];
  const request: Request<offsetFetchV9.OffsetFetchResponse> = {
    name: 'OffsetFetch',
    resource: group,
    tolerant: true,
    candidates: [
      candidate(offsetFetchV9.api, wanted, true),
      candidate(offsetFetchV8.api, wanted, true),
      single(group, candidate(offsetFetchV7.api, wanted, true)),
    ],
  };
  return client.ask(coordinatorOf(group), request, (answer, place) => {
    const [found] = answer.groups;
    if (found === undefined) return [];
    const error = errorName(found.errorCode);
    if (error === 'GROUP_ID_NOT_FOUND') return [];
    expectNone(place, error, group);
    for (const { partitions } of found.topics) {
      for (const one of partitions) expectNone(place, errorName(one.errorCode), group);
    }
    return found.topics.flatMap(commitsOf);
  });
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

function expectNone(place: AnswerPlace, error: string | null, group: string): void {
  if (error !== null) throw brokerFault(place, { errorName: error, resource: group });
}

function coordinatorOf(group: string) {
  return { to: 'coordinator', kind: 'group', key: group } as const;
}
