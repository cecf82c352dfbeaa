import { listPartitionReassignmentsV0 } from '@platformatic/kafka';
import { brokerFault } from './broker-fault.ts';
import type { ClusterClient } from './cluster-client.ts';
import { candidate, type Request } from './connection.ts';
import { errorName } from './error-table.ts';

/** How long the controller may take to answer. */
const answerWithinMs = 15_000;

/** Replicas that leave their partition as soon as those that come are in sync, by topic and partition. */
export type LeavingReplicas = ReadonlyMap<string, ReadonlyMap<number, readonly number[]>>;

/**
 * What running reassignments (KIP-455) take away: until they are done, Metadata lists what comes and what goes alike.
 * Nothing where brokers are older than that (2.4), or where this user may not ask (Describe on the cluster).
 */
export async function leavingReplicas(client: ClusterClient): Promise<LeavingReplicas> {
  const { versions } = await client.abilities();
  if (!versions.has(listPartitionReassignmentsV0.api.key)) return new Map();
  const request: Request<listPartitionReassignmentsV0.ListPartitionReassignmentsResponse> = {
    name: 'ListPartitionReassignments',
    tolerant: true,
    candidates: [candidate(listPartitionReassignmentsV0.api, answerWithinMs, null)],
  };
  return client.ask({ to: 'controller' }, request, (answer, place) => {
    const error = errorName(answer.errorCode);
    if (error === 'CLUSTER_AUTHORIZATION_FAILED') return new Map();
    if (error !== null) throw brokerFault(place, { errorName: error });
    return new Map(
      answer.topics.map(({ name, partitions }) => [
        name,
        new Map(partitions.map((one) => [one.partitionIndex, one.removingReplicas])),
      ]),
    );
  });
}
