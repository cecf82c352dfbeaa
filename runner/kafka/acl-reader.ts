import {
  type describeAclsV3 as DescribeAcls,
  type describeClusterV1 as DescribeCluster,
  describeAclsV2,
  describeAclsV3,
  describeClusterV0,
  describeClusterV1,
  describeConfigsV4,
  ResourcePatternTypes,
  ResourceTypes,
} from '@platformatic/kafka';
import { type AclSnapshot, noAuthorizer } from '../../src/cluster/acl.ts';
import { aclsOfAnswer, operationsOf } from './acl-codes.ts';
import { brokerFault } from './broker-fault.ts';
import { type ClusterClient, purposes } from './cluster-client.ts';
import { candidate, type Request } from './connection.ts';
import { errorName } from './error-table.ts';
import type { ConnectionSettings } from './settings.ts';

/** DescribeAcls' code for any operation and any permission. */
const any = 1;

/** All ACLs of the cluster, and what it tells of kplan's own rights. Throws a ClusterFault. */
export async function describeAcls(client: ClusterClient): Promise<AclSnapshot> {
  const entries = await listAcls(client);
  if (entries === null) return noAuthorizer;
  const [clusterOperations, settings] = await Promise.all([describeRights(client), authorizerSettings(client)]);
  const principal = ownPrincipal(client.settings);
  return {
    authorizer: true,
    entries,
    ...settings,
    ...(principal === undefined ? {} : { principal }),
    ...(clusterOperations === undefined ? {} : { clusterOperations }),
  };
}

/** null: the cluster has no authorizer. */
async function listAcls(client: ClusterClient) {
  const filter = {
    resourceType: ResourceTypes.ANY,
    resourceName: null,
    resourcePatternType: ResourcePatternTypes.ANY,
    principal: null,
    host: null,
    operation: any,
    permissionType: any,
  } as const;
  const request: Request<DescribeAcls.DescribeAclsResponse> = {
    name: 'DescribeAcls',
    tolerant: true,
    candidates: [candidate(describeAclsV3.api, filter), candidate(describeAclsV2.api, filter)],
  };
  return client.ask({ to: 'any' }, request, (answer, place) => {
    const error = errorName(answer.errorCode);
    if (error === 'SECURITY_DISABLED') return null;
    if (error !== null) throw brokerFault(place, { errorName: error, message: answer.errorMessage });
    return aclsOfAnswer(answer.resources);
  });
}

/** The endpoint type of DescribeCluster: 1 is the brokers. */
const brokerEndpoints = 1;

async function describeRights(client: ClusterClient): Promise<readonly string[] | undefined> {
  const request: Request<DescribeCluster.DescribeClusterResponse> = {
    name: 'DescribeCluster',
    tolerant: true,
    candidates: [
      candidate(describeClusterV1.api, true, brokerEndpoints),
      candidate(describeClusterV0.api, true, brokerEndpoints),
    ],
  };
  return client.ask({ to: 'any' }, request, (answer) =>
    answer.errorCode === 0 ? operationsOf(answer.clusterAuthorizedOperations) : undefined,
  );
}

const brokerResource = 4;
const everyoneSetting = 'allow.everyone.if.no.acl.found';
const superUsersSetting = 'super.users';

/**
 * Settings of the authorizer, which must be asked of a broker about itself. A setting that nobody wrote down is absent and
 * has its default (false, nobody); one that Kafka does not know the type of is there without its value.
 */
async function authorizerSettings(client: ClusterClient): Promise<Pick<AclSnapshot, 'everyoneIfNone' | 'superUsers'>> {
  const unknown = { everyoneIfNone: 'unknown' } as const;
  const { brokers } = await client.metadata([]);
  const [broker] = brokers;
  if (broker === undefined) return unknown;
  const keys = [everyoneSetting, superUsersSetting];
  const resource = { resourceType: brokerResource, resourceName: String(broker.id), configurationKeys: keys } as const;
  const request: Request<describeConfigsV4.DescribeConfigsResponse> = {
    name: 'DescribeConfigs',
    tolerant: true,
    candidates: [candidate(describeConfigsV4.api, [resource], false, false)],
  };
  const target = { to: 'broker', id: broker.id, purpose: purposes.control } as const;
  return client.ask(target, request, (answer) => {
    const [result] = answer.results;
    if (result === undefined || result.errorCode !== 0) return unknown;
    const found = new Map(result.configs.map(({ name, value }) => [name, value ?? null]));
    return { ...everyoneOf(found), ...superUsersOf(found) };
  });
}

type Found = ReadonlyMap<string, string | null>;

function everyoneOf(found: Found): Pick<AclSnapshot, 'everyoneIfNone'> {
  const value = found.has(everyoneSetting) ? found.get(everyoneSetting) : 'false';
  return { everyoneIfNone: value === 'true' ? 'yes' : value === 'false' ? 'no' : 'unknown' };
}

function superUsersOf(found: Found): Pick<AclSnapshot, 'superUsers'> {
  const value = found.has(superUsersSetting) ? found.get(superUsersSetting) : '';
  return typeof value === 'string' ? { superUsers: value.split(';').filter((one) => one !== '') } : {};
}

/** What the brokers call us, where that is no matter of their mapping rules or of a token's claims. */
function ownPrincipal({ sasl, tls }: ConnectionSettings): string | undefined {
  if (sasl === undefined) return tls?.cert === undefined ? 'User:ANONYMOUS' : undefined;
  return sasl.mechanism === 'OAUTHBEARER' ? undefined : `User:${sasl.username}`;
}
