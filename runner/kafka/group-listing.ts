import { listGroupsV3, listGroupsV4, listGroupsV5 } from '@platformatic/kafka';
import type { GroupListing } from '../../src/cluster/snapshot.ts';
import { brokerFault } from './broker-fault.ts';
import type { AnswerPlace, ClusterClient } from './cluster-client.ts';
import { candidate, type Request } from './connection.ts';
import { askEachBroker, type OneBroker } from './each-broker.ts';
import { errorName } from './error-table.ts';
import type { RetryLimits } from './retry.ts';

/**
 * Every group of the cluster that may commit offsets: each broker lists the groups that it coordinates. Classic groups of
 * other protocols (Connect workers, Schema Registry) commit none and are left out.
 */
export async function listGroups(client: ClusterClient): Promise<GroupListing[]> {
  const answers = await askEachBroker(client, (broker, limits) => groupsOf(client, broker, limits));
  const found = new Map(answers.flat().map((one) => [one.group, one]));
  return [...found.values()].sort((a, b) => (a.group < b.group ? -1 : 1));
}

async function groupsOf(client: ClusterClient, broker: OneBroker, limits: RetryLimits): Promise<GroupListing[]> {
  const request: Request<listGroupsV4.ListGroupsResponse> = {
    name: 'ListGroups',
    tolerant: true,
    candidates: [
      candidate(listGroupsV5.api, [], []),
      candidate(listGroupsV4.api, [], []),
      candidate(listGroupsV3.api, [], []),
    ],
  };
  const read = (answer: listGroupsV4.ListGroupsResponse, place: AnswerPlace) => {
    const error = errorName(answer.errorCode);
    if (error !== null) throw brokerFault(place, { errorName: error });
    return answer.groups.flatMap(({ groupId, groupState, groupType = '', protocolType }) => {
      const type = groupType === '' ? 'classic' : groupType.toLowerCase();
      const isConsumers = type !== 'classic' || protocolType === 'consumer' || protocolType === '';
      return isConsumers ? [{ group: groupId, type, state: groupState }] : [];
    });
  };
  return client.ask(broker, request, read, limits);
}
