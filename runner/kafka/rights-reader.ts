import {
  type describeGroupsV5 as DescribeGroups,
  type describeTransactionsV0 as DescribeTransactions,
  describeGroupsV5,
  describeTransactionsV0,
} from '@platformatic/kafka';
import { type Access, type HeldRights, resourceKey } from '../../src/cluster/rights.ts';
import { operationsOf } from './acl-codes.ts';
import { describeClusterRights } from './acl-reader.ts';
import { type ClusterClient, purposes, type Target } from './cluster-client.ts';
import { ClusterFault } from './cluster-fault.ts';
import { candidate, type Request } from './connection.ts';
import { errorName } from './error-table.ts';
import { metadataRequest } from './metadata.ts';
import { type RetryLimits, retryLimits } from './retry.ts';

const limits = {
  /** An answer has some 30 bytes a partition. */
  topicsPerRequest: 2_000,
  /** An answer has the members of each group. */
  groupsPerRequest: 500,
  /** Brokers asked for what only a group's coordinator tells: of more, the rest is not told. */
  brokersAsked: 30,
} as const;

type Found = readonly (readonly [name: string, operations: readonly string[]])[];

/** What the brokers let this user do with the resources of `accesses` (KIP-430). Throws a ClusterFault. */
export async function heldRights(client: ClusterClient, accesses: readonly Access[]): Promise<HeldRights> {
  const namesOf = (type: string) => [...new Set(accesses.flatMap((one) => (one.type === type ? [one.name] : [])))];
  const beyondDescribe = accesses.filter(({ type, operation }) => type === 'group' && operation !== 'describe');
  const [cluster, topics, groups, transactions] = await Promise.all([
    describeClusterRights(client),
    topicRights(client, namesOf('topic')),
    groupRights(client, namesOf('group'), new Set(beyondDescribe.map((one) => one.name))),
    transactionRights(client, namesOf('transactional-id')),
  ]);
  const keyed = (type: string, found: Found) =>
    found.map(([name, operations]) => [resourceKey({ type, name }), operations] as const);
  return new Map([
    ...keyed('cluster', cluster === undefined ? [] : [['kafka-cluster', cluster]]),
    ...keyed('topic', topics),
    ...keyed('group', groups),
    ...keyed('transactional-id', transactions),
  ]);
}

/** A topic that is not there is answered by the ACLs of its name all the same. */
async function topicRights(client: ClusterClient, names: readonly string[]): Promise<Found> {
  const found: [string, readonly string[]][] = [];
  for (const part of partsOf(names, limits.topicsPerRequest)) {
    const request = metadataRequest(part, { withRights: true });
    await client.ask({ to: 'any' }, request, ({ topics }) => {
      for (const { name, errorCode, topicAuthorizedOperations } of topics) {
        const isRefused = errorName(errorCode) === 'TOPIC_AUTHORIZATION_FAILED';
        const operations = isRefused ? [] : operationsOf(topicAuthorizedOperations);
        if (typeof name === 'string' && operations !== undefined) found.push([name, operations]);
      }
    });
  }
  return found;
}

/**
 * Any broker says whether a group may be described; what else may be done to it its coordinator says alone. Coordinators
 * are not looked up, since that would make __consumer_offsets where it is not there yet; a broker that does not answer at
 * once tells nothing.
 */
async function groupRights(
  client: ClusterClient,
  names: readonly string[],
  beyondDescribe: ReadonlySet<string>,
): Promise<Found> {
  const found = names.length === 0 ? [] : [...(await describeGroups(client, { to: 'any' }, names))];
  let left = names.filter((name) => beyondDescribe.has(name));
  const { brokers } = left.length === 0 ? { brokers: [] } : await client.metadata([]);
  for (const { id } of brokers.slice(0, limits.brokersAsked)) {
    const told = new Set(found.map(([name]) => name));
    left = left.filter((name) => !told.has(name));
    if (left.length === 0) break;
    const broker = { to: 'broker', id, purpose: purposes.control } as const;
    found.push(...(await describeGroups(client, broker, left, retryLimits.none).catch(nothingTold)));
  }
  return found;
}

function nothingTold(fault: unknown): Found {
  if (fault instanceof ClusterFault) return [];
  throw fault;
}

async function describeGroups(
  client: ClusterClient,
  to: Target,
  names: readonly string[],
  retries: RetryLimits = retryLimits.request,
): Promise<Found> {
  const found: Found[number][] = [];
  for (const part of partsOf(names, limits.groupsPerRequest)) {
    const request: Request<DescribeGroups.DescribeGroupsResponse> = {
      name: 'DescribeGroups',
      tolerant: true,
      candidates: [candidate(describeGroupsV5.api, [...part], true)],
    };
    found.push(...(await client.ask(to, request, ({ groups }) => groups.flatMap(rightsOfGroup), retries)));
  }
  return found;
}

function rightsOfGroup(group: DescribeGroups.DescribeGroupsResponseGroup): Found {
  const { groupId, errorCode, authorizedOperations } = group;
  const error = errorName(errorCode);
  if (error === 'GROUP_AUTHORIZATION_FAILED') return [[groupId, []]];
  const operations = error === null ? operationsOf(authorizedOperations) : undefined;
  return operations === undefined ? [] : [[groupId, operations]];
}

/** DescribeTransactions (Kafka 3.0) tells whether an id may be described, which the right to write would include. */
async function transactionRights(client: ClusterClient, ids: readonly string[]): Promise<Found> {
  const { versions } = await client.abilities();
  if (ids.length === 0 || !versions.has(describeTransactionsV0.api.key)) return [];
  const request: Request<DescribeTransactions.DescribeTransactionsResponse> = {
    name: 'DescribeTransactions',
    tolerant: true,
    candidates: [candidate(describeTransactionsV0.api, [...ids])],
  };
  return client.ask({ to: 'any' }, request, ({ transactionStates }) =>
    transactionStates.flatMap(
      ({ transactionalId, errorCode }): Found =>
        errorName(errorCode) === 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED' ? [[transactionalId, []]] : [],
    ),
  );
}

function partsOf(names: readonly string[], size: number): readonly string[][] {
  return Array.from({ length: Math.ceil(names.length / size) }, (_, at) => names.slice(at * size, (at + 1) * size));
}
