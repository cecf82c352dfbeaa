import { consumerGroupDescribeV0, describeGroupsV5 } from '@platformatic/kafka';
import pMap from 'p-map';
import type { GroupDescription, GroupReader } from '../ports.ts';
import { brokerFault } from './broker-fault.ts';
import type { ClusterClient } from './cluster-client.ts';
import { ClusterFault } from './cluster-fault.ts';
import { committedOfEach } from './committed-of-each.ts';
import { candidate, type Request } from './connection.ts';
import { errorName } from './error-table.ts';
import { groupsInFlightMax } from './offset-fetch.ts';
import { offsetsRetentionMs } from './offsets-retention.ts';
import { retryLimits } from './retry.ts';

const consumerGroupDescribeKey = 69;

/** Classic and KIP-848 groups. Throws a ClusterFault; a group that is not there is `Dead` and has no offsets. */
export function openGroupReader(client: ClusterClient): GroupReader {
  return {
    async describeGroups(groups) {
      const described = await pMap(groups, (group) => describeGroup(client, group), { concurrency: groupsInFlightMax });
      return new Map(described.map((one) => [one.group, one]));
    },
    async committedOffsets(groups) {
      const found = await committedOfEach(client, groups, retryLimits.request);
      return new Map([...found].map(([group, read]) => [group, orThrow(read)]));
    },
    committedOfEach: (groups, limits) => committedOfEach(client, groups, limits),
    offsetsRetentionMs: () => offsetsRetentionMs(client),
  };
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

function coordinatorOf(group: string) {
  return { to: 'coordinator', kind: 'group', key: group } as const;
}

function orThrow<R>(read: R | ClusterFault): R {
  if (read instanceof ClusterFault) throw read;
  return read;
}
