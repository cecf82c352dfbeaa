import { listGroupsV3, listGroupsV4, listGroupsV5 } from '@platformatic/kafka';
import pMap from 'p-map';
import type { GroupListing } from '../../src/cluster/snapshot.ts';
import { brokerFault } from './broker-fault.ts';
import { type ClusterClient, purposes } from './cluster-client.ts';
import { candidate, type Request } from './connection.ts';
import { errorName } from './error-table.ts';

/** Clusters have up to some hundred brokers, and each request wants a connection of its own. */
const brokersAtOnce = 8;

/**
 * Every group of the cluster that may commit offsets: each broker lists the groups that it coordinates. Classic groups of
 * other protocols (Connect workers, Schema Registry) commit none and are left out.
 */
export async function listGroups(client: ClusterClient): Promise<GroupListing[]> {
  const { brokers } = await client.metadata([]);
  const answers = await pMap(brokers, ({ id }) => groupsOf(client, id), { concurrency: brokersAtOnce });
  const found = new Map(answers.flat().map((one) => [one.group, one]));
  return [...found.values()].sort((a, b) => (a.group < b.group ? -1 : 1));
}

async function groupsOf(client: ClusterClient, broker: number): Promise<GroupListing[]> {
  const request: Request<listGroupsV4.ListGroupsResponse> = {
    name: 'ListGroups',
    tolerant: true,
    candidates: [
      candidate(listGroupsV5.api, [], []),
      candidate(listGroupsV4.api, [], []),
      candidate(listGroupsV3.api, [], []),
    ],
  };
  return client.ask({ to: 'broker', id: broker, purpose: purposes.control }, request, (answer, place) => {
    const error = errorName(answer.errorCode);
    if (error !== null) throw brokerFault(place, { errorName: error });
    return answer.groups.flatMap(({ groupId, groupState, groupType = '', protocolType }) => {
      const type = groupType === '' ? 'classic' : groupType.toLowerCase();
      const isConsumers = type !== 'classic' || protocolType === 'consumer' || protocolType === '';
      return isConsumers ? [{ group: groupId, type, state: groupState }] : [];
    });
  });
}
